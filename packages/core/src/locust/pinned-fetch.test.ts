import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fingerprintOf } from './pinned-fetch.js';
import { LocustMaster } from './master.js';

const login = { username: 'loadwright', password: 'canary-password' };

/** A certificate that has signed itself, as a machine makes it. */
function selfSigned(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((file) => join(folder, file));
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', key!, '-out', certificate!, '-subj', `/CN=${name}`],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key!, 'utf8'), certificate: readFileSync(certificate!, 'utf8') };
}

/** A master with a certificate; `received` is all that anybody sent it, once it was decrypted. */
async function serve({ key, certificate }: ReturnType<typeof selfSigned>) {
  const received: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    received.push(`${request.url} ${request.headers.authorization}`);
    response.end(JSON.stringify({ master: ['a line'], workers: {} }));
  });
  server.on('secureConnection', (socket) => socket.on('data', (bytes) => received.push(bytes.toString())));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

describe('a master whose certificate is pinned', () => {
  it('is asked when it shows that certificate, whatever name is in it', async () => {
    const own = selfSigned('anything');
    const { url, received } = await serve(own);
    const master = new LocustMaster({ url, login, certificate: own.certificate });
    expect((await master.logs()).master).toEqual(['a line']);
    expect(received).toContain('/logs Bearer canary-password');
    expect(fingerprintOf(own.certificate)).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it.each(['loadwright', '127.0.0.1'])('is sent nothing when it shows another one, of %s', async (name) => {
    const { url, received } = await serve(selfSigned(name));
    const master = new LocustMaster({ url, login, certificate: selfSigned('loadwright').certificate });
    const refused = {
      code: 'MASTER_PROTOCOL',
      message: `Whoever answers at ${url} shows another certificate than the machine of the master has made. Nothing was sent there.`,
    };
    await expect(master.statistics()).rejects.toMatchObject(refused);
    await expect(master.stop()).rejects.toMatchObject(refused);
    await expect(master.swarm({ users: 1, spawnRate: 1 })).rejects.toMatchObject(refused);
    expect(received).toEqual([]);
  });

  it('is sent nothing while its certificate is not known, trusted or not', async () => {
    const { url, received } = await serve(selfSigned('loadwright'));
    for (const certificate of ['', undefined]) {
      const asked = new LocustMaster({ url, login, certificate }).statistics({ retries: 0 });
      await expect(asked).rejects.toMatchObject({ name: 'LoadwrightError' });
    }
    expect(received).toEqual([]);
  });

  it('is not taken for one when what was handed over is none', () => {
    expect(() => new LocustMaster({ url: 'https://127.0.0.1:1', certificate: 'pending' })).toThrow(
      'What should be the certificate of the master is none.',
    );
  });
});
