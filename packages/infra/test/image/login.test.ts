import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { putBase } from './small-registry.js';
import { withRegistries } from './with-registries.js';

const world = withRegistries();
const { registry, push } = world;

const login = { username: 'writer', password: 'pa55:word' };
const basic = { scheme: 'basic', ...login } as const;
const bearer = { scheme: 'bearer', ...login } as const;
const variables = { LOADWRIGHT_REGISTRY_USERNAME: 'writer', LOADWRIGHT_REGISTRY_PASSWORD: 'pa55:word' };

const dockerConfig = (config: unknown) =>
  writeFile(
    join(world.directory, 'config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );

const encoded = Buffer.from('writer:pa55:word').toString('base64');

/** A program that keeps passwords, as Docker calls them, and writes down what it is asked for. */
async function helper(name: string, script: string): Promise<Record<string, string>> {
  const file = join(world.directory, `docker-credential-${name}`);
  await writeFile(
    file,
    `#!/bin/sh\n[ "$1" = get ] || exit 9\nread -r key; echo "$key" > ${world.directory}/asked\n${script}\n`,
  );
  await chmod(file, 0o755);
  return { PATH: [world.directory, process.env['PATH']].join(delimiter), DOCKER_CONFIG: world.directory };
}

describe('logins', () => {
  it.each([basic, bearer])('are those of the variables, by $scheme', async (way) => {
    const [source, target] = [await registry(), await registry({ login: way })];
    putBase(source, 'locustio/locust');
    await push(target, source, { environment: { ...variables, DOCKER_CONFIG: world.directory } });
    expect(source.logins).toEqual([]);
  });

  it('ask once for a token, for all that it is going to be used for', async () => {
    const both = await registry({ login: bearer });
    putBase(both, 'locustio/locust');
    await push(both, both, { environment: variables });
    expect(both.tokenCalls).toHaveLength(1);
    expect(both.tokenCalls[0]?.searchParams.get('service')).toBe('small, but real');
    expect(both.tokenCalls[0]?.searchParams.getAll('scope')).toEqual([
      'repository:team/loadwright:pull,push',
      'repository:locustio/locust:pull',
      'repository:any:pull',
    ]);
  });

  it('are none where everybody may read', async () => {
    const source = await registry({ login: bearer });
    const target = await registry();
    putBase(source, 'locustio/locust');
    await push(target, source);
    expect(source.tokenCalls).toHaveLength(1);
    expect(source.logins).toEqual(source.logins.map(() => 'Bearer token-read'));
  });

  it('are those that docker login has kept in its file', async () => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    await dockerConfig({ auths: { [`http://${target.host}/v1/`]: { auth: encoded } } });
    await push(target, source);
  });

  it.each(['credHelpers', 'credsStore'])('are asked of the program of %s', async (field) => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    const environment = await helper('keeper', `printf '{"Username":"writer","Secret":"pa55:word"}'`);
    await dockerConfig({ [field]: field === 'credsStore' ? 'keeper' : { [target.host]: 'keeper' } });
    await push(target, source, { environment });
  });

  it('may be a token of its own kind', async () => {
    const target = await registry({ login: { scheme: 'bearer', identityToken: 'identity' } });
    const source = await registry();
    putBase(source, 'locustio/locust');
    const environment = await helper('keeper', `printf '{"Username":"<token>","Secret":"identity"}'`);
    await dockerConfig({ credsStore: 'keeper' });
    await push(target, source, { environment });
  });

  it.each([
    [
      'is not there',
      async () => ({ DOCKER_CONFIG: world.directory }),
      'docker-credential-keeper, which .* names, is not installed',
    ],
    [
      'fails',
      () => helper('keeper', 'echo pa55:word; echo pa55:word >&2; exit 3'),
      'failed with exit code 3',
    ],
    [
      'does not answer as agreed',
      () => helper('keeper', 'echo pa55:word'),
      'an answer that is not understood',
    ],
    [
      'knows of none',
      () => helper('keeper', 'echo credentials not found in native keychain; exit 1'),
      'wants a login, and there is none for it',
    ],
  ])('that a program has, which %s', async (_, environment, message) => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    await dockerConfig({ credsStore: 'keeper' });
    const failure = await push(target, source, { environment: await environment() }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringMatching('LOADWRIGHT_REGISTRY_PASSWORD'),
    });
    expect(JSON.stringify([failure, String(failure), (failure as Error).cause])).not.toContain('pa55');
  });

  it.each([
    ['there is none', {}, 'wants a login, and there is none for it'],
    [
      'it is wrong',
      { ...variables, LOADWRIGHT_REGISTRY_PASSWORD: 'wr0ng' },
      'refused the login \\(status 401\\)',
    ],
    [
      'it is half of one',
      { LOADWRIGHT_REGISTRY_PASSWORD: 'wr0ng' },
      'LOADWRIGHT_REGISTRY_PASSWORD is set, and LOADWRIGHT_REGISTRY_USERNAME is not',
    ],
  ])('say what to do when %s', async (_, environment, message) => {
    for (const way of [basic, bearer]) {
      const [source, target] = [await registry(), await registry({ login: way })];
      putBase(source, 'locustio/locust');
      const failure = await push(target, source, {
        environment: { ...environment, DOCKER_CONFIG: world.directory },
      }).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('docker login'),
      });
      expect(JSON.stringify([failure, String(failure)])).not.toContain('wr0ng');
    }
  });

  it('quote nothing of a file that cannot be read', async () => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    await dockerConfig('{"auths": {"x": {"auth": "pa55:word}}');
    const failure = await push(target, source).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringMatching(/config\.json cannot be read/) });
    expect(JSON.stringify([failure, String(failure), (failure as Error).cause])).not.toContain('pa55');
  });

  it('go to no address that others can listen to', async () => {
    const target = await registry({
      instead: (_, response) => {
        const wanted = 'Bearer realm="http://tokens.example/token",service="x"';
        response.writeHead(401, { 'www-authenticate': wanted }).end();
        return true;
      },
    });
    await expect(push(target, target, { environment: variables })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining('an address that others can listen to'),
    });
  });
});
