import { expect, it } from 'vitest';
import type { ResolvedEnvironment } from '../target/contract.js';
import { resolveCredentials } from './credentials.js';
import type { PreparedTest } from './prepare.js';

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

/** A test of ten minutes whose target finds these values. */
function resolve(resolved: ResolvedEnvironment, isServed = true) {
  const variable = (name: string) => ({ name, secret: true, required: true, description: '' });
  const definition = {
    environment: () => [variable('KEY'), variable('OTHER')],
    resolveEnvironment: () => Promise.resolve(resolved),
  };
  const test = { definition, targetOptions: {}, environment: {}, secrets: [], durationSeconds: 600 };
  return resolveCredentials(test as unknown as PreparedTest, isServed, new AbortController().signal);
}

const variables = { KEY: 'short', OTHER: 'stays' };
const serve = () =>
  Promise.resolve({
    ...{ variables: { WHERE: 'here' }, replaces: ['KEY'], secrets: ['token'] },
    close: () => Promise.resolve(),
  });

it('hands out what would end during the load, beside what stays', async () => {
  const { environment, secrets } = await resolve({ variables, expiresAt: inSeconds(60), serve });
  expect(environment).toEqual({ variables: { OTHER: 'stays', WHERE: 'here' } });
  expect(secrets).toEqual(['short', 'stays', 'token']);
});

it('gives what lasts as it is', async () => {
  const expiresAt = inSeconds(3600);
  expect((await resolve({ variables, expiresAt, serve })).environment).toEqual({ variables, expiresAt });
});

it.each([
  ['nothing can renew it', { variables, expiresAt: inSeconds(60) }, true],
  ['the fleet outlives the command', { variables, expiresAt: inSeconds(60), serve }, false],
])('refuses what ends during the load where %s', async (_, resolved, isServed) => {
  await expect(resolve(resolved, isServed)).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
});
