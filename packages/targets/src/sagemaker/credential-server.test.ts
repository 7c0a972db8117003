import type { ServedEnvironment } from '@loadwright/core/target';
import { afterEach, expect, it, vi } from 'vitest';
import { serveCredentials, type Provider, type TemporaryCredentials } from './credential-server.js';

let served: ServedEnvironment;
afterEach(() => served.close());

const keys = (name: string, seconds: number): TemporaryCredentials => ({
  ...{ accessKeyId: name, secretAccessKey: 's', sessionToken: 't' },
  expiration: new Date(Date.now() + seconds * 1000),
});

const ask = (token = served.variables['AWS_CONTAINER_AUTHORIZATION_TOKEN']!) =>
  fetch(served.variables['AWS_CONTAINER_CREDENTIALS_FULL_URI']!, { headers: { authorization: token } });
const keyOf = async () => ((await (await ask()).json()) as { AccessKeyId: string }).AccessKeyId;

it('gives what lasts as it is, and asks for newer ones once for all before the end', async () => {
  let asked = 0;
  const provider: Provider = async (options) => {
    expect(options).toEqual({ forceRefresh: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return keys(`NEW${++asked}`, 3600);
  };
  served = await serveCredentials(provider, keys('FIRST', 3600));
  expect(await keyOf()).toBe('FIRST');
  await served.close();
  served = await serveCredentials(provider, keys('ENDING', 60));
  expect(await Promise.all([keyOf(), keyOf(), keyOf()])).toEqual(['NEW1', 'NEW1', 'NEW1']);
  expect(await (await ask()).json()).toEqual({
    ...{ AccessKeyId: 'NEW1', SecretAccessKey: 's', Token: 't' },
    Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
  });
});

it('gives the old ones while they are valid, and none afterwards', async () => {
  const provider: Provider = () => Promise.reject(new Error('no network'));
  served = await serveCredentials(provider, keys('OLD', 60));
  expect(await keyOf()).toBe('OLD');
  await served.close();
  served = await serveCredentials(provider, keys('ENDED', -1));
  expect((await ask()).status).toBe(500);
});

it('asks again a provider that hangs, fails or gives what has ended, and uses the old ones meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const answers: (() => Promise<TemporaryCredentials>)[] = [
      () => new Promise(() => {}),
      () => Promise.reject(new Error('no network')),
      () => Promise.resolve(keys('ENDED', -1)),
      () => Promise.resolve(keys('NEW', 3600)),
    ];
    const provider = vi.fn<Provider>(() => answers.shift()!());
    served = await serveCredentials(provider, keys('OLD', 600));
    const first = keyOf();
    await vi.waitFor(() => expect(provider).toHaveBeenCalled());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await first, await keyOf(), await keyOf(), await keyOf()]).toEqual(['OLD', 'OLD', 'OLD', 'NEW']);
  } finally {
    vi.useRealTimers();
  }
});

it('gives nothing to who has not its token', async () => {
  served = await serveCredentials(() => Promise.reject(new Error('never')), keys('FIRST', 3600));
  expect([(await ask('')).status, (await ask('x'.repeat(43))).status]).toEqual([403, 403]);
  expect(served.secrets).toEqual([served.variables['AWS_CONTAINER_AUTHORIZATION_TOKEN']]);
});
