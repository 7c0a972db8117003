import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { validate } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { databricksEmulator, type DatabricksEmulator } from '../../src/databricks/emulator.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('./query_with_sdk.py', import.meta.url));
const times = 3;

let emulator: DatabricksEmulator;
afterEach(() => emulator.stop());

async function start(options: object) {
  const settings = { serviceTime: '1ms', ...options };
  emulator = (await databricksEmulator.start(
    validate(databricksEmulator.options, settings, { field: 'emulator' }),
  )) as DatabricksEmulator;
}

async function query(plane: 'data' | 'workspace', environment: object = {}): Promise<string> {
  const { PATH = '' } = process.env;
  const env = { PATH, HOME: '/nowhere', ...emulator.environment, ...environment };
  const { stdout } = await promisify(execFile)(python, [script, 'house-prices', `${times}`, plane], { env });
  return JSON.parse(stdout) as string;
}

const predictions = Array.from({ length: times }, () => [3.5, 3]);

/** The SDK is independent of the runtime: what it takes for a workspace is one, as far as the two agree on it. */
describe("Databricks' own SDK takes the emulator for a workspace", () => {
  it.each([['token'], ['oauth']])('by %s', async (authentication) => {
    await start({ authentication });
    expect(await query('workspace')).toEqual(predictions);
    expect(emulator.statistics()).toMatchObject({ requests: times, served: times, rejected: 0 });
    expect(emulator.tokenRequests()).toEqual({ issued: authentication === 'oauth' ? 1 : 0, refused: 0 });
  });

  it('with a route-optimised endpoint, at its own URL and with a token for it alone', async () => {
    await start({ routeOptimized: true });
    expect(await query('data')).toEqual(predictions);
    expect(emulator.statistics()).toMatchObject({ requests: times, served: times, rejected: 0 });
    expect(emulator.tokenRequests()).toEqual({ issued: 2, refused: 0 });
  });

  it('and is refused with a wrong secret', async () => {
    await start({ authentication: 'oauth' });
    await expect(query('workspace', { DATABRICKS_CLIENT_SECRET: 'wrong' })).rejects.toThrow('invalid_client');
  });
});
