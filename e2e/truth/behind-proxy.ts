import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest } from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { databricks } from '@loadwright/targets/databricks';
import { expect, vi } from 'vitest';
import { locust } from '../../packages/cli/test/command.js';
import { busyMachine } from '../../packages/infra/test/busy-machine.js';

const host = 'only.behind-the-proxy.example';

const portOf = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Makes a load on a host that no name server knows, and that only the proxy of the environment reaches. */
export async function tryBehindProxy(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-proxy-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const files = ['-keyout', 'service.key', '-out', 'service.pem'];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...files], { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name));

  let received = 0;
  const service = createHttpsServer(
    { key: read('service.key'), cert: read('service.pem') },
    (request, response) => {
      received += 1;
      request.resume().on('end', () => response.end('{"predictions":[1.5]}'));
    },
  );
  const servicePort = await portOf(service);

  const asked: string[] = [];
  const sockets: Socket[] = [];
  const proxy = createHttpServer().on('connect', ({ url }: { url: string }, client: Socket) => {
    asked.push(url);
    const onward = connect(servicePort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    for (const socket of [client, onward]) sockets.push(socket.on('error', () => socket.destroy()));
  });
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${await portOf(proxy)}`);
  try {
    const report = await createLoadTest({
      target: databricks({
        baseUrl: `https://${host}`,
        endpointName: 'fraud',
        route: 'workspace',
        payloads: { inline: [{ amount: 1 }] },
        tls: { caFile: 'service.pem' },
      }),
      workers: 1,
      load: { users: 5, duration: '2s', waitTime: '50ms' },
      baseDirectory: folder,
      environment: { DATABRICKS_TOKEN: 'canary-of-a-case' },
    }).run({ fleet: localFleet(locust === undefined ? {} : { locust }), tolerate: busyMachine });
    expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0 }, preflight: { attempts: 1 } });
    // The request before the load, and then those of the load, over a connection for each user at least.
    expect(received).toBe(report.total.count + 1);
    expect(asked.length).toBeGreaterThan(5);
    expect([...new Set(asked)]).toEqual([`${host}:443`]);
  } finally {
    vi.unstubAllEnvs();
    sockets.forEach((socket) => socket.destroy());
    service.close();
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
