import { randomBytes } from 'node:crypto';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import { LoadwrightError, type MasterLogin } from '@loadwright/core';
import type { Aws } from '../aws/clients.js';
import { parameterPrefix } from '../aws/run-identity.js';

const names = {
  username: 'master/LOADWRIGHT_UI_USERNAME',
  password: 'master/LOADWRIGHT_UI_PASSWORD',
} as const;

/** A new login, of which the password has 192 random bits. */
export function createLogin(): MasterLogin {
  return { username: 'loadwright', password: randomBytes(24).toString('base64url') };
}

/** The login as parameters of the run. */
export function loginParameters({ username, password }: MasterLogin): Record<string, string> {
  return { [names.username]: username, [names.password]: password };
}

/** The login that the machine has; undefined when there is none. */
export async function findLogin(aws: Aws, runId: string): Promise<MasterLogin | undefined> {
  const prefix = parameterPrefix(runId);
  const { Parameters = [] } = await aws.ssm.send(
    new GetParametersCommand({
      Names: Object.values(names).map((name) => `${prefix}${name}`),
      WithDecryption: true,
    }),
  );
  const value = (name: string) => Parameters.find(({ Name }) => Name === `${prefix}${name}`)?.Value;
  const [username, password] = [value(names.username), value(names.password)];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when there is none. */
export async function readLogin(aws: Aws, runId: string): Promise<MasterLogin> {
  const login = await findLogin(aws, runId);
  if (login) return login;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The login of run ${runId} is gone from the Parameter Store.`,
    {
      hint: `Part of the run was removed. Remove the rest: loadwright destroy ${runId}`,
    },
  );
}
