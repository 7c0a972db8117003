import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A key, and a certificate that has signed itself; PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly certificate: string;
}

export function selfSigned(): SelfSigned {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const [key, certificate] = ['key.pem', 'certificate.pem'].map((file) => join(folder, file));
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...['-keyout', key!, '-out', certificate!, '-subj', '/CN=loadwright'],
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key!, 'utf8'), certificate: readFileSync(certificate!, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A server with that certificate until the end of the test; `received` is every byte that it was sent, decrypted. */
export async function serveWith({ key, certificate }: SelfSigned, address = '127.0.0.1', port = 0) {
  const received: string[] = [];
  const server = createServer({ key, cert: certificate }, (_, response) => response.end('Locust'));
  server.on('secureConnection', (socket) => socket.on('data', (bytes) => received.push(bytes.toString())));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, received };
}
