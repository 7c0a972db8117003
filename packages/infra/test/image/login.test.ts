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

describe('authentication', () => {
  it.each([basic, bearer])('uses the credentials of the variables, by $scheme', async (way) => {
    const [source, target] = [await registry(), await registry({ login: way })];
    putBase(source, 'locustio/locust');
    await push(target, source, { environment: { ...variables, DOCKER_CONFIG: world.directory } });
    expect(source.logins).toEqual([]);
  });

  it('requests one token for all repositories', async () => {
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

  it('uses an anonymous token for a public base', async () => {
    const source = await registry({ login: bearer });
    const target = await registry();
    putBase(source, 'locustio/locust');
    await push(target, source);
    expect(source.tokenCalls).toHaveLength(1);
    expect(source.logins).toEqual(source.logins.map(() => 'Bearer token-read'));
  });

  it('uses the credentials that docker login stored in its file', async () => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    await dockerConfig({ auths: { [`http://${target.host}/v1/`]: { auth: encoded } } });
    await push(target, source);
  });

  it.each(['credHelpers', 'credsStore'])('asks the credential helper of %s', async (field) => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    const environment = await helper('keeper', `printf '{"Username":"writer","Secret":"pa55:word"}'`);
    await dockerConfig({ [field]: field === 'credsStore' ? 'keeper' : { [target.host]: 'keeper' } });
    await push(target, source, { environment });
  });

  it('exchanges an identity token', async () => {
    const target = await registry({ login: { scheme: 'bearer', identityToken: 'identity' } });
    const source = await registry();
    putBase(source, 'locustio/locust');
    const environment = await helper('keeper', `printf '{"Username":"<token>","Secret":"identity"}'`);
    await dockerConfig({ credsStore: 'keeper' });
    await push(target, source, { environment });
  });

  it.each([
    [
      'is not installed',
      async () => ({ DOCKER_CONFIG: world.directory }),
      'docker-credential-keeper, which .* names, is not installed',
    ],
    [
      'fails',
      () => helper('keeper', 'echo pa55:word; echo pa55:word >&2; exit 3'),
      'failed with exit code 3',
    ],
    ['answers with something else', () => helper('keeper', 'echo pa55:word'), 'returned an invalid answer'],
    [
      'has no credentials',
      () => helper('keeper', 'echo credentials not found in native keychain; exit 1'),
      'requires authentication, and no credentials were found',
    ],
  ])('names the next step when the credential helper %s', async (_, environment, message) => {
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
    ['there are no credentials', {}, 'requires authentication, and no credentials were found'],
    [
      'they are wrong',
      { ...variables, LOADWRIGHT_REGISTRY_PASSWORD: 'wr0ng' },
      'rejected the credentials \\(status 401\\)',
    ],
    [
      'one variable is missing',
      { LOADWRIGHT_REGISTRY_PASSWORD: 'wr0ng' },
      'LOADWRIGHT_REGISTRY_PASSWORD is set, and LOADWRIGHT_REGISTRY_USERNAME is not',
    ],
  ])('names the next step when %s', async (_, environment, message) => {
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

  it('shows nothing of an unreadable configuration file', async () => {
    const [source, target] = [await registry(), await registry({ login: basic })];
    putBase(source, 'locustio/locust');
    await dockerConfig('{"auths": {"x": {"auth": "pa55:word}}');
    const failure = await push(target, source).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringMatching(/config\.json is not readable/) });
    expect(JSON.stringify([failure, String(failure), (failure as Error).cause])).not.toContain('pa55');
  });

  it('sends no credentials to an address without TLS', async () => {
    const target = await registry({
      instead: (_, response) => {
        const wanted = 'Bearer realm="http://tokens.example/token",service="x"';
        response.writeHead(401, { 'www-authenticate': wanted }).end();
        return true;
      },
    });
    await expect(push(target, target, { environment: variables })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringContaining('to an address without TLS'),
    });
  });
});
