import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { describe, expect, it, vi } from 'vitest';
import { describeWhole } from '../packages/infra/test/matrix.js';
import { Command, processesIn } from '../packages/cli/test/command.js';
import { dhtConfig } from '../packages/cli/test/project.js';

const timeout = 120_000;

const demo = () => new Command(['demo', 'dht', '--duration', '2s', '--workers', '1']);

/** The one file of that name under a folder, parsed. */
async function findReport(folder: string): Promise<RunReport | undefined> {
  const entries = await readdir(folder, { recursive: true });
  const found = entries.find((entry) => entry.endsWith('summary.json'));
  return found === undefined
    ? undefined
    : (JSON.parse(await readFile(join(folder, found), 'utf8')) as RunReport);
}

async function expectStopped(command: Command): Promise<void> {
  const exitCode = await command.ended;
  const output = command.stdout + command.stderr;
  expect({ exitCode, output }).toEqual({ exitCode: 105, output });
  expect(output).not.toMatch(/^\s+at /m);
  // What was killed as the command ended may wait for a core on which to end.
  await vi.waitFor(() => expect(processesIn(command.cwd)).toEqual([]), { timeout: 30_000 });
}

// Side by side: they wait far more than they work, and judge no latency.
describe.concurrent('SIGINT', () => {
  it(
    'while destroy looks for its run ends it before anything is removed',
    async () => {
      const server = createServer(() => {}).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const asked = once(server, 'request');
      const command = new Command(
        ['destroy', 'aaaaaaaa01', '--yes', '--fleet', 'ec2', '--region', 'eu-west-1'],
        {
          environment: {
            AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            AWS_ACCESS_KEY_ID: 'a',
            AWS_SECRET_ACCESS_KEY: 'b',
          },
        },
      );
      await Promise.race([asked, command.ended]);
      command.child.kill('SIGINT');
      await expectStopped(command);
      server.closeAllConnections();
      server.close();
    },
    timeout,
  );

  it(
    'during the load keeps what was measured',
    async () => {
      const command = new Command(['demo', 'dht', '--duration', '10m', '--workers', '1']);
      // A line every five seconds: by then there are requests.
      await command.shows('5s of 10m');
      command.child.kill('SIGINT');
      await expectStopped(command);
      const report = await findReport(command.cwd);
      expect(report).toMatchObject({ verdict: 'INVALID', aborted: true });
      expect(report?.total.count).toBeGreaterThan(0);
      expect(command.stdout).toContain('! INVALID');
    },
    timeout,
  );
});

// The same way for each phase: what differs is where it begins.
describeWhole.concurrent('SIGINT in whichever phase', () => {
  it(
    'during a preflight that gets no answer ends it',
    async () => {
      const server = createServer(() => {}).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const cwd = await mkdtemp(join(tmpdir(), 'loadwright-hang-'));
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const config = { ...dhtConfig, target: { ...dhtConfig.target, baseUrl } };
      await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(config));
      const asked = once(server, 'request');
      const command = new Command(['run'], { cwd });
      await asked;
      command.child.kill('SIGINT');
      await expectStopped(command);
      expect(command.stderr).toContain('code: ABORTED');
      expect(await readdir(cwd)).toEqual(['loadwright.config.json']);
      server.closeAllConnections();
      server.close();
    },
    timeout,
  );

  it.each(['plan', 'provision', 'connect'])(
    'in the phase %s ends the run before any load',
    async (phase) => {
      const command = demo();
      await command.shows(`● ${phase}`);
      command.child.kill('SIGINT');
      await expectStopped(command);
      expect(command.stdout).toContain('stopping (SIGINT)');
    },
    timeout,
  );

  it(
    'in the phase stop cuts short what is on its way, and keeps its report',
    async () => {
      // Whoever asks waits for longer than the load lasts: only the interrupt can end the phase.
      let isSilent = false;
      const server = createServer((_request, answer) => {
        if (!isSilent) answer.end('text');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const cwd = await mkdtemp(join(tmpdir(), 'loadwright-stop-'));
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const config = {
        ...dhtConfig,
        target: { ...dhtConfig.target, baseUrl },
        workers: 1,
        load: { users: 1, duration: '2s' },
      };
      await writeFile(join(cwd, 'loadwright.config.json'), JSON.stringify(config));
      const command = new Command(['run'], { cwd });
      await command.shows('● load');
      isSilent = true;
      await command.shows('● stop');
      command.child.kill('SIGINT');
      await expectStopped(command);
      expect(await findReport(command.cwd)).toMatchObject({ aborted: true });
      server.closeAllConnections();
      server.close();
    },
    timeout,
  );

  it.each(['collect', 'judge', 'destroy'])(
    'in the phase %s lets the run end in order, and keeps its report',
    async (phase) => {
      const command = demo();
      await command.shows(`● ${phase}`);
      command.child.kill('SIGINT');
      await expectStopped(command);
      expect(await findReport(command.cwd)).toMatchObject({ aborted: false });
    },
    timeout,
  );

  it(
    'again and again leaves at once, and leaves no process',
    async () => {
      const command = new Command(['demo', 'dht', '--duration', '10m', '--workers', '1']);
      await command.shows('● load');
      const impatience = setInterval(() => command.child.kill('SIGINT'), 100);
      await command.ended;
      clearInterval(impatience);
      await expectStopped(command);
      expect(command.stderr).toContain('stopped before the clean-up was done');
      expect(command.stderr).toContain('the processes of a local fleet end with this command');
    },
    timeout,
  );
});

describeWhole.concurrent('other ways to end a run', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s stops it as Ctrl-C does',
    async (signal) => {
      const command = demo();
      await command.shows('● connect');
      command.child.kill(signal);
      await expectStopped(command);
    },
    timeout,
  );

  it(
    'stops when nobody reads its output any more',
    async () => {
      const command = new Command(['demo', 'dht', '--duration', '10m', '--workers', '1']);
      await command.shows('● provision');
      command.child.stdout?.destroy();
      await expectStopped(command);
    },
    timeout,
  );
});
