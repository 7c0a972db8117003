import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { validate } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { chaliceEmulator } from '../../src/chalice/emulator.js';
import type { PoolEmulator } from '../../src/rest/emulator.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('./sign_in.py', import.meta.url));

let emulator: PoolEmulator;
afterEach(() => emulator.stop());

async function start(options: object) {
  const settings = { authentication: 'cognito', serviceTime: '1ms', ...options };
  emulator = (await chaliceEmulator.start(
    validate(chaliceEmulator.options, settings, { field: 'emulator' }),
  )) as PoolEmulator;
  return emulator.targetOptions['cognito'] as Record<string, string>;
}

const evaluate = async (token: string) => {
  const headers = { 'content-type': 'application/json', authorization: token };
  const response = await fetch(`${emulator.url}/api/evaluate`, {
    method: 'POST',
    headers,
    body: '{"distance":1}',
  });
  return [response.status, await response.json()];
};

describe('the emulated user pool', () => {
  it("is one to AWS's own SDK, and its tokens hold", async () => {
    const { clientId, username } = await start({ signIn: 'user', tokenLifetime: '5m' });
    const { LOADWRIGHT_COGNITO_CLIENT_SECRET: secret, LOADWRIGHT_COGNITO_PASSWORD: password } =
      emulator.environment;
    const values = [emulator.url, clientId!, secret!, username!, password!];
    const { stdout } = await promisify(execFile)(python, [script, ...values]);
    const claims = JSON.parse(stdout) as Record<string, unknown>[][];
    for (const [id, access] of claims) {
      expect(id).toMatchObject({ token_use: 'id', aud: clientId, 'cognito:username': username });
      expect(access).toMatchObject({ token_use: 'access', client_id: clientId, username });
      expect((access!['exp'] as number) - (access!['iat'] as number)).toBe(300);
    }
    expect(emulator.tokenRequests()).toEqual({ byClient: 0, byPassword: 1, byRefresh: 1, refused: 0 });
    await expect(promisify(execFile)(python, [script, ...values.with(4, 'wrong')])).rejects.toThrow(
      'NotAuthorizedException',
    );
  });

  it('gives access tokens to its client, which the API takes until they have ended', async () => {
    const { clientId, domain } = await start({ tokenLifetime: '1s' });
    const ask = async (secret: string, form: Record<string, string>) => {
      const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
      const body = new URLSearchParams(form);
      const response = await fetch(`${domain}/oauth2/token`, {
        method: 'POST',
        headers: { authorization },
        body,
      });
      return (await response.json()) as Record<string, string>;
    };
    const secret = emulator.environment['LOADWRIGHT_COGNITO_CLIENT_SECRET']!;
    const grant = { grant_type: 'client_credentials' };
    expect(await ask('wrong', grant)).toEqual({ error: 'invalid_client' });
    expect(await ask(secret, { ...grant, scope: 'other/read' })).toEqual({ error: 'invalid_scope' });
    expect(await ask(secret, { grant_type: 'password' })).toEqual({ error: 'unsupported_grant_type' });
    const { access_token: token = '' } = await ask(secret, grant);
    expect(await evaluate('')).toEqual([401, { message: 'Unauthorized' }]);
    expect(await evaluate(token.replace(/.{9}$/, 'AAAAAAAAA'))).toEqual([401, { message: 'Unauthorized' }]);
    await expect
      .poll(() => evaluate(`Bearer ${token}`), { timeout: 120_000 })
      .toEqual([401, { message: 'The incoming token has expired' }]);
    expect(emulator.statistics()).toMatchObject({ throttled: 0 });
  });
});
