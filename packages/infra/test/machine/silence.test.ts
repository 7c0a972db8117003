import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveOptions } from '../../src/ec2/settings.js';
import { selfSigned, serveWith } from '../self-signed.js';
import { useMachineRoot } from './root.js';
import { itWith } from './tools.js';
import { freePorts } from '../../src/process/ports.js';

const units = '/etc/systemd/system';
const heartbeat = 'loadwright-heartbeat.service';
const anew = ['systemctl restart loadwright-silence.timer'];
const root = useMachineRoot();

/** A machine whose web UI answers so; without an answer nobody listens. */
async function machine(answer?: RequestListener): Promise<void> {
  let [uiPort = 0] = await freePorts(1);
  if (answer) {
    const server = createServer(answer).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    uiPort = (server.address() as { port: number }).port;
  }
  root().writeFiles({ uiPort });
  root().standIn('systemctl');
}

describe('the end of a machine that has fallen silent', () => {
  itWith('systemd-analyze')('is units that systemd accepts, with no complaint', async () => {
    root().writeFiles();
    const names = ['silence.timer', 'heartbeat.timer', 'heartbeat.service'].map(
      (name) => `loadwright-${name}`,
    );
    expect(await root().verifyUnits(...names)).toEqual({ exitCode: 0, complaints: [] });
  });

  it('comes after 30 minutes without a heartbeat, from each boot on, by the same command as the expiry', () => {
    const { content } = root().writeFiles();
    const timer = content(`${units}/loadwright-silence.timer`);
    expect(timer).toMatch(/^OnActiveSec=30min$/m);
    expect(timer).toMatch(/^Unit=loadwright-expiry\.service$/m);
    expect(timer).toMatch(/^WantedBy=timers\.target$/m);
    // After five starts within ten seconds systemd would leave it stopped, and nothing would end the machine.
    expect(timer).toMatch(/^StartLimitIntervalSec=0$/m);
    expect(content(`${units}/loadwright-heartbeat.timer`)).toMatch(/^OnCalendar=minutely$/m);
  });

  it('comes no sooner than the longest start that a fleet allows', () => {
    const start = (startTimeout: string) =>
      resolveOptions({ region: 'eu-west-1', environment: {}, startTimeout }).startTimeoutSeconds;
    expect(start('30m')).toBe(1800);
    expect(() => start('1801s')).toThrow('fleet.startTimeout: found "1801s"; must be at most 30m');
  });

  it('is put off by an idle master, which answers', async () => {
    await machine((request, response) =>
      response.writeHead(request.url === '/login' ? 200 : 404).end('Locust'),
    );
    expect(await root().runUnit(heartbeat)).toBe(0);
    expect(root().calls).toEqual(anew);
  });

  it('is put off by a web UI with the certificate of this machine, and by no other', async () => {
    const own = selfSigned();
    const certificate = 'machine/CERTIFICATE';
    for (const [shown, calls] of [
      [own, anew],
      [selfSigned(), []],
    ] as const) {
      root().writeFiles({ uiPort: (await serveWith(shown)).port, certificate });
      root().write('/run/loadwright/certificate.pem', own.certificate);
      root().standIn('systemctl');
      expect(await root().runUnit(heartbeat)).toBe(calls.length > 0 ? 0 : 1);
      expect(root().calls).toEqual(calls);
      rmSync(root().path('calls'), { force: true });
    }
  });

  it.each<[string, RequestListener | undefined]>([
    ['nobody listens', undefined],
    ['the port is open, but nobody answers behind it', (request) => request.socket.destroy()],
    ['the answer is an error', (_, response) => response.writeHead(500).end()],
  ])('is not put off when %s', async (_, answer) => {
    await machine(answer);
    expect(await root().runUnit(heartbeat)).not.toBe(0);
    expect(root().calls).toEqual([]);
  });

  it.each(['answers.py', 'settings.json'])(
    'is not put off when %s is gone: what is not sure is no answer',
    async (file) => {
      await machine((_, response) => response.end('Locust'));
      rmSync(root().path(`/opt/loadwright/${file}`));
      expect(await root().runUnit(heartbeat)).not.toBe(0);
      expect(root().calls).toEqual([]);
    },
  );
});
