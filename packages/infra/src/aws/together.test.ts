import { expect, it } from 'vitest';
import { Aws } from './clients.js';
import { patient } from './settings.js';
import { together } from './together.js';

const settings = {
  ...{ fleetKind: 'made-up', region: 'eu-west-1', profile: undefined, endpoint: undefined },
  pace: patient,
};
const account = () => new Aws(settings, new AbortController().signal);

it('asks once for all that is asked about at the same moment, at most so many a call', async () => {
  const calls: (readonly string[])[] = [];
  const lengthOf = together(2, async (_aws, ids) => {
    calls.push(ids);
    return new Map(ids.filter((id) => id !== '').map((id) => [id, id.length]));
  });
  const [aws, other] = [account(), account()];
  const asked = ['a', 'bb', 'a', 'ccc', ''].map((id) => lengthOf(aws, id));
  expect(await Promise.all([...asked, lengthOf(other, 'a')])).toEqual([1, 2, 1, 3, undefined, 1]);
  expect(calls).toEqual([['a', 'bb'], ['ccc', ''], ['a']]);
  // What was answered before is no answer now.
  expect(await lengthOf(aws, 'a')).toBe(1);
  expect(calls.at(-1)).toEqual(['a']);
});

it('fails for all that one call was about, and for no other', async () => {
  const ask = together(1, async (_aws, [id = '']) => {
    if (id === 'no') throw new Error('refused');
    return new Map([[id, id]]);
  });
  const aws = account();
  const asked = await Promise.allSettled(['no', 'no', 'yes'].map((id) => ask(aws, id)));
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
