import { expect, it } from 'vitest';
import { main } from '../../main.js';
import { dhtConfig, project } from '../../../test/project.js';
import { TestIo } from '../../../test/support.js';

async function compareRun(...flags: string[]) {
  const { cwd } = await project({ ...dhtConfig, hosts: ['http://127.0.0.1:9', 'http://127.0.0.1:8'] });
  const io = new TestIo({ cwd });
  const exitCode = await main(['compare', 'run', ...flags], io);
  return { exitCode, stdout: io.stdout.text, stderr: io.stderr.text };
}

it('plans the runs of both sides in turn, on one fleet, with the price of all', async () => {
  const sides = ['--baseline-set', 'host=http://127.0.0.1:9', '--candidate-set', 'host=http://127.0.0.1:8'];
  const { exitCode, stdout, stderr } = await compareRun(
    ...[
      '--pairs',
      '2',
      '--share-fleet',
      '--dry-run',
      '--json',
      '--fail-if',
      'p(95)>+5%',
      '--require',
      'p(95)<+5%',
    ],
    ...sides,
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { actions, price } = JSON.parse(stdout) as { actions: { id: string; on?: string }[]; price: object };
  expect(actions.map(({ id }) => id)).toEqual([
    'deploy shared',
    'run compare-baseline-1',
    'run compare-candidate-1',
    'run compare-candidate-2',
    'run compare-baseline-2',
    'compare compare',
    'destroy shared',
  ]);
  expect(actions[1]).toMatchObject({ on: 'shared', setup: { set: { host: 'http://127.0.0.1:9' } } });
  expect(actions[5]).toMatchObject({
    failIf: ['p(95)>+5%'],
    require: ['p(95)<+5%'],
    margin: 0.05,
    power: 0.9,
  });
  expect(price).toMatchObject({ usDollars: 0 });
});

it.each([
  [['--pairs', '0'], 104, /steps\[0\]\.pairs: found 0/],
  [['--baseline-set', 'users'], 2, /--baseline-set: found "users", expected name=value/],
  ...[
    ['--last', '6'],
    ['--run-variation', '3%'],
    ['--format', 'markdown'],
    ['--results', 'elsewhere'],
    ['--baseline', 'main'],
    ['--candidate', 'now'],
  ].map((flags): [string[], number, RegExp] => [flags, 2, new RegExp(`${flags[0]}: found with compare run`)]),
  [['--baseline-set', 'user=5'], 104, /set\.user: unknown option, did you mean "users"/],
])('says what is wrong with %j before anything is made', async (flags, exitCode, message) => {
  expect(await compareRun('--yes', ...flags)).toMatchObject({
    exitCode,
    stderr: expect.stringMatching(message),
  });
});
