import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Aws } from '../../src/aws/clients.js';
import type { AwsSettings } from '../../src/aws/settings.js';
import type { Environment } from '../../src/environment.js';
import { reachUi } from '../../src/aws/reach/reach-ui.js';
import { buildChild } from '../ec2/build-child.js';
import { quick } from '../ec2/work.js';
import { until } from '../local/processes.js';
import { FakeAws, notConnected } from './fake-aws.js';

const keys = { accessKeyId: 'AKIAMADEUPFORTESTS02', secretAccessKey: 'made-up' };
const machine = { id: 'i-1', publicAddress: undefined };
const facts = { access: 'session-manager', uiPort: 8080 } as const;

const folder = mkdtempSync(join(tmpdir(), 'parent-'));
let parent: string;
beforeAll(async () => {
  parent = await buildChild(folder, fileURLToPath(new URL('./parent.ts', import.meta.url)));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The way to the machine `i-1`, closed after the test. */
async function wayTo(environment: Environment, settings: Partial<AwsSettings> = {}, signal?: AbortSignal) {
  const aws = new Aws(
    {
      fleetKind: 'ec2',
      region: 'eu-west-1',
      profile: undefined,
      keys,
      endpoint: undefined,
      pace: quick,
      ...settings,
    },
    signal ?? new AbortController().signal,
  );
  const way = await reachUi(aws, { facts, machine, environment }, 150_000);
  onTestFinished(() => way.close());
  return way;
}

async function webUi(fake: FakeAws): Promise<void> {
  const server = createServer((request, response) => response.end(`Locust at ${request.url}`));
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fake.leadsTo('127.0.0.1', (server.address() as { port: number }).port);
}

const ask = async (url: string) => (await fetch(`${url}/login`, { headers: { connection: 'close' } })).text();

describe('the way to a web UI through Session Manager', () => {
  it('leads there, with the credentials that were given, until it is closed', async () => {
    const fake = new FakeAws();
    await webUi(fake);
    const way = await wayTo({ ...fake.environment, AWS_PROFILE: 'of-the-shell', AWS_SESSION_TOKEN: 'old' });
    expect(await ask(way.url)).toBe('Locust at /login');
    expect(await ask(way.url)).toBe('Locust at /login');
    expect(way.problem()).toBeUndefined();
    const port = new URL(way.url).port;
    expect(fake.calls).toEqual([
      {
        arguments: [
          ...['ssm', 'start-session', '--target', 'i-1', '--region', 'eu-west-1'],
          ...['--document-name', 'AWS-StartPortForwardingSession', '--parameters'],
          JSON.stringify({ portNumber: ['8080'], localPortNumber: [port] }),
        ],
        // Neither a profile nor a token that belongs to other keys.
        environment: { AWS_ACCESS_KEY_ID: keys.accessKeyId },
      },
    ]);
    await way.close();
    await until(() => !fake.isOpen);
    await expect(ask(way.url)).rejects.toThrow('fetch failed');
  });

  it('takes a profile, and a stand-in of AWS', async () => {
    const fake = new FakeAws();
    await webUi(fake);
    const endpoint = 'http://127.0.0.1:1';
    await wayTo(fake.environment, { keys: undefined, profile: 'work', endpoint });
    expect(fake.calls[0]?.arguments.slice(-2)).toEqual(['--profile', 'work']);
    expect(fake.calls[0]?.environment).toMatchObject({ AWS_ENDPOINT_URL: endpoint });
  });

  it('waits for the agent of a machine that has just started', async () => {
    const fake = new FakeAws([notConnected, notConnected]);
    await webUi(fake);
    expect(await ask((await wayTo(fake.environment)).url)).toBe('Locust at /login');
    expect(fake.calls).toHaveLength(3);
  });

  it.each([
    [
      'SessionManagerPlugin is not found. Please refer to SessionManager Documentation here',
      'SessionManagerPlugin is not found',
    ],
    [
      'An error occurred (AccessDeniedException) when calling the StartSession operation: no',
      'AccessDeniedException',
    ],
  ])('does not wait for what waiting does not bring: %s', async (refusal, message) => {
    const fake = new FakeAws([refusal]);
    await expect(wayTo(fake.environment)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining('"session-manager-plugin"') as string,
    });
    expect(fake.calls).toHaveLength(1);
  });

  it('says that the command is missing', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'empty-'));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    await expect(wayTo({ PATH: empty })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: 'No session with i-1: the command "aws" is not found.',
      hint: expect.stringContaining('the commands "aws" and "session-manager-plugin"') as string,
    });
  });

  it('says why it no longer leads there', async () => {
    const fake = new FakeAws();
    await webUi(fake);
    const way = await wayTo(fake.environment);
    process.kill(fake.plugin, 'SIGKILL');
    await until(() => way.problem() !== undefined);
    expect(way.problem()).toMatch(
      /^the session with i-1 ended, .*'session-manager-plugin' died with SIGKILL/,
    );
  });

  it('is not opened any more once nobody waits for it', async () => {
    const fake = new FakeAws(Array.from({ length: 1000 }, () => notConnected));
    const controller = new AbortController();
    const opening = wayTo(fake.environment, {}, controller.signal);
    await until(() => fake.calls.length > 1);
    controller.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
  });

  // The plugin is a child of the command, and would outlive it.
  it.each(['stay, then SIGKILL', 'nothing more to do'])(
    'ends with the process that opened it: %s',
    async (end) => {
      const fake = new FakeAws();
      await webUi(fake);
      const [what = '', signal] = end.split(', then ');
      const opener = spawn(process.execPath, [parent, what], {
        env: { ...process.env, ...fake.environment },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(opener, 'exit');
      const [url] = (await once(createInterface(opener.stdout), 'line')) as [string];
      if (signal) {
        expect(await ask(url)).toBe('Locust at /login');
        opener.kill(signal as NodeJS.Signals);
      }
      await ended;
      await until(() => !fake.isOpen);
    },
  );

  it('outlives the signal of the deployment that opened it', async () => {
    const fake = new FakeAws();
    await webUi(fake);
    const controller = new AbortController();
    const way = await wayTo(fake.environment, {}, controller.signal);
    controller.abort();
    expect(await ask(way.url)).toBe('Locust at /login');
  });
});
