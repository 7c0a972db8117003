import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Environment } from '../environment.js';

/** A key and a certificate for 127.0.0.1, in PEM. */
export interface LoopbackCertificate {
  readonly key: string;
  readonly certificate: string;
}

/**
 * Makes a certificate that is valid for a day on this machine alone, with the program openssl.
 *
 * @returns undefined when there is no such program
 */
export async function makeLoopbackCertificate(
  environment: Environment,
): Promise<LoopbackCertificate | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-certificate-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const { failed } = await execa(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { env: environment, extendEnv: false, stdio: 'ignore', reject: false, timeout: 30_000 },
    );
    if (failed) return undefined;
    return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
