import { expect, it } from 'vitest';
import { probeFromHere } from './probe-from-here.js';

it('leaves the request to a worker where this machine has no Locust that can be used', async () => {
  const messages: string[] = [];
  const environment = { LOADWRIGHT_LOCUST: '/nowhere/locust' };
  const probe = await probeFromHere(environment, { onProgress: (message) => messages.push(message) });
  expect(probe).toBeUndefined();
  expect(messages).toEqual([
    expect.stringMatching(/^A worker makes the request before the load: \/nowhere\/locust/),
  ]);
});

it('ends when it is told to', async () => {
  const environment = { LOADWRIGHT_LOCUST: '/nowhere/locust' };
  const probing = probeFromHere(environment, { signal: AbortSignal.abort(), onProgress: () => {} });
  await expect(probing).rejects.toMatchObject({ code: 'ABORTED' });
});
