import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIo } from './support.js';

/** A configuration that is right: it needs no secrets. */
export const dhtConfig = {
  target: {
    kind: 'dht',
    baseUrl: 'http://127.0.0.1:9',
    protocol: 'koorde',
    urls: { template: 'https://origin.example/item/{i}', count: 10 },
  },
  workers: 2,
  load: { users: 5, duration: '10s' },
  thresholds: { http_req_failed: ['rate<0.01'], http_req_duration: ['p(95)<200'] },
};

/** One that names a secret. */
export const databricksConfig = {
  target: {
    kind: 'databricks',
    baseUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
    endpointName: 'fraud',
    payloads: { inline: [{ amount: 1 }] },
    token: 'canary-token-in-options',
  },
  load: { users: 5, duration: '10s' },
};

/** A folder with a configuration file, and a world in it. */
export async function project(
  config: unknown,
  options: Omit<NonNullable<ConstructorParameters<typeof TestIo>[0]>, 'cwd'> = {},
): Promise<TestIo> {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-project-'));
  await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(config));
  return new TestIo({ cwd, ...options });
}
