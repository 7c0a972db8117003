import { createHmac } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { validate, type Emulator } from '@loadwright/core/target';
import { chalice } from '../../chalice/index.js';
import { rest } from '../index.js';
import { cognitoPasswordVariable, cognitoSecretVariable } from './options.js';

const running: Emulator[] = [];
afterEach(() => Promise.all(running.splice(0).map((emulator) => emulator.stop())));

const client = { clientId: 'mine', domain: 'https://shop.auth.eu-west-1.amazoncognito.com', scopes: ['a/b'] };
const user = { clientId: 'mine', username: 'me', region: 'eu-west-1' };

interface Connection {
  readonly clientId: string;
  readonly domain?: string;
  readonly username?: string;
  readonly header: string;
  readonly prefix: string;
  readonly tokenType?: 'access' | 'id';
}

/** The tokens that the pool gives to whoever signs in as its target is told to, by their type. */
async function signIn(emulator: Emulator, cognito: Connection): Promise<Record<string, string>> {
  const secret = emulator.environment[cognitoSecretVariable]!;
  if (cognito.username === undefined) {
    const pair = Buffer.from(`${cognito.clientId}:${secret}`).toString('base64');
    const response = await fetch(`${cognito.domain}/oauth2/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${pair}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return { access: ((await response.json()) as { access_token: string }).access_token };
  }
  const hash = createHmac('sha256', secret)
    .update(cognito.username + cognito.clientId)
    .digest('base64');
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: { 'X-Amz-Target': 'AWSCognitoIdentityProviderService.InitiateAuth' },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: cognito.clientId,
      AuthParameters: {
        USERNAME: cognito.username,
        PASSWORD: emulator.environment[cognitoPasswordVariable],
        SECRET_HASH: hash,
      },
    }),
  });
  const { AuthenticationResult } = (await response.json()) as {
    AuthenticationResult: { AccessToken: string; IdToken: string };
  };
  return { access: AuthenticationResult.AccessToken, id: AuthenticationResult.IdToken };
}

const ways = [
  { given: client, tokenType: 'access', header: 'Authorization', prefix: 'Bearer ' },
  { given: { ...client, header: 'X-Token', prefix: '' }, tokenType: 'access', header: 'X-Token', prefix: '' },
  { given: user, tokenType: 'access', header: 'Authorization', prefix: 'Bearer ' },
  { given: { ...user, tokenType: 'id', prefix: '' }, tokenType: 'id', header: 'Authorization', prefix: '' },
];

it.each([rest, chalice].flatMap(({ definition }) => ways.map((way) => ({ ...way, definition }))))(
  'the pool that stands in is asked as the target has it: $definition.kind, $given',
  async ({ definition, given, header, prefix, tokenType }) => {
    const { options, start } = definition.emulator!;
    const emulator = await start(validate(options, { cognito: given }, { field: 'emulator' }));
    running.push(emulator);
    const { authentication, baseUrl, cognito } = emulator.targetOptions as {
      authentication: string;
      baseUrl: string;
      cognito: Connection;
    };
    expect(authentication).toBe('cognito');
    expect([cognito.header, cognito.prefix]).toEqual([header, prefix]);
    expect(cognito.username === undefined).toBe(given === client || 'domain' in given);
    expect(cognito.clientId).not.toBe('mine');
    const tokens = await signIn(emulator, cognito);
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${baseUrl}/`, { headers })).status;
    for (const [type, token] of Object.entries(tokens)) {
      const status = type === tokenType ? 200 : 401;
      expect(await statusWith({ [header]: `${prefix}${token}` }), type).toBe(status);
    }
    const token = tokens[tokenType]!;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ 'X-Other': `${prefix}${token}` })).toBe(401);
    if (prefix !== '') expect(await statusWith({ [header]: token })).toBe(401);
  },
);
