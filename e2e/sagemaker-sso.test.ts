import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest } from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { afterEach, expect, it, vi } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const locust = fileURLToPath(new URL('../.venv/bin/locust', import.meta.url));
const workers = 2;
/** With LOADWRIGHT_LONG_RENEWAL=1 three minutes; else as little as shows renewals on each worker. */
const [lifeSeconds, loadSeconds] = process.env['LOADWRIGHT_LONG_RENEWAL'] ? [20, 180] : [6, 12];

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ends.splice(0)) await end();
});

/** The portal of single sign-on, its token service, and an endpoint that accepts keys of the portal until they end. */
async function startAccount() {
  const keys = new Map<string, number>();
  const seen = { asked: 0, refreshed: 0, invoked: 0, refused: 0 };
  const accessTokens = new Set<string>();
  async function answer(request: IncomingMessage): Promise<[status: number, body: object]> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = request.url ?? '';
    if (url.startsWith('/token')) {
      const { refreshToken } = JSON.parse(Buffer.concat(chunks).toString()) as { refreshToken?: string };
      if (refreshToken !== 'refresh-0') return [400, { error: 'invalid_grant' }];
      seen.refreshed += 1;
      accessTokens.add(`access-${seen.refreshed}`);
      const body = {
        accessToken: `access-${seen.refreshed}`,
        refreshToken: 'refresh-0',
        expiresIn: 3600,
        tokenType: 'Bearer',
      };
      return [200, body];
    }
    if (url.startsWith('/federation/credentials')) {
      if (!accessTokens.has(String(request.headers['x-amz-sso_bearer_token'])))
        return [401, { message: 'no session' }];
      seen.asked += 1;
      // Whole seconds travel to the workers.
      const expiration = (Math.floor(Date.now() / 1000) + lifeSeconds + 1) * 1000;
      const accessKeyId = `ASIASSO${String(keys.size).padStart(6, '0')}`;
      keys.set(accessKeyId, expiration);
      return [200, { roleCredentials: { accessKeyId, secretAccessKey: 's', sessionToken: 't', expiration } }];
    }
    seen.invoked += 1;
    const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (Date.now() < (keys.get(key) ?? 0)) return [200, { predictions: [1] }];
    seen.refused += 1;
    return [403, { message: 'ended' }];
  }
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A home after `aws sso login`, some time ago. */
function signedIn(): string {
  const home = mkdtempSync(join(tmpdir(), 'loadwright-sso-'));
  ends.push(() => rmSync(home, { recursive: true, force: true }));
  const cache = join(home, '.aws', 'sso', 'cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(
    join(home, '.aws', 'config'),
    [
      ...['[profile work]', 'sso_session = me', 'sso_account_id = 123456789012', 'sso_role_name = Tester'],
      ...['[sso-session me]', 'sso_region = eu-west-1', 'sso_start_url = https://me.example/start'],
      'sso_registration_scopes = sso:account:access',
    ].join('\n'),
  );
  const later = new Date(Date.now() + 86_400_000).toISOString();
  writeFileSync(
    join(cache, `${createHash('sha1').update('me').digest('hex')}.json`),
    JSON.stringify({
      ...{ accessToken: 'access-0', refreshToken: 'refresh-0', clientId: 'id', clientSecret: 'secret' },
      ...{ expiresAt: new Date(Date.now() + 60_000).toISOString(), registrationExpiresAt: later },
      ...{ region: 'eu-west-1', startUrl: 'https://me.example/start' },
    }),
  );
  return home;
}

it(
  'renews credentials of single sign-on on every worker without a failure',
  { timeout: (loadSeconds + 110) * 1000 },
  async () => {
    const { seen, url } = await startAccount();
    const home = signedIn();
    // The SDK's own readers look at the process.
    vi.stubEnv('HOME', home);
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', url);
    vi.stubEnv('AWS_ENDPOINT_URL_SSO_OIDC', url);
    const others = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE'];
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', ...others])
      vi.stubEnv(name, undefined);
    const options = { endpointName: 'fraud', region: 'eu-west-1', payloads: { inline: [1] }, baseUrl: url };
    const report = await createLoadTest({
      target: sagemaker({ ...options, profile: 'work' }),
      workers,
      load: { users: 4, duration: `${loadSeconds}s`, waitTime: '20ms' },
      thresholds: { credential_renewals_failed: ['count<=0'] },
      baseDirectory: home,
      environment: { ...process.env },
    }).run({
      fleet: localFleet({ locust }),
      tolerate: busyMachine,
    });
    expect([seen.refused, report.total.failed]).toEqual([0, 0]);
    expect(report.total.sent).toBeGreaterThan(100);
    // Each worker asks at the half of a life, and not more often; the start asks for the preflight and both workers.
    const renewals = loadSeconds / (lifeSeconds / 2);
    expect(seen.asked).toBeGreaterThan(loadSeconds / lifeSeconds);
    expect(seen.asked).toBeLessThanOrEqual(workers * (renewals + 4) + 3);
    // Counted by the same names as the renewals of other credentials.
    const counted = (report.total.metrics['credential_renewals'] ?? {}) as { count?: number };
    expect(counted.count).toBeGreaterThanOrEqual(workers * Math.floor(loadSeconds / lifeSeconds - 1));
    expect(seen.refreshed).toBe(1);
    const summary = readFileSync(join(report.resultsDirectory, 'summary.json'), 'utf8');
    expect(summary).not.toContain('access-1');
  },
);
