import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createLoadTest } from '@loadwright/core';
import { defineTarget, preflightFailure, tlsOptionsSchema, type TlsOptions } from '@loadwright/core/target';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';

const options = z.strictObject({ url: z.string(), tls: tlsOptionsSchema.optional() });

const secured = defineTarget<z.input<typeof options>, z.output<typeof options>>({
  specificationVersion: 1,
  kind: 'secured',
  summary: 'a service that wants a client certificate',
  options,
  example: { url: 'https://localhost:8443' },
  locustfile: new URL('./locustfile.py', import.meta.url),
  host: ({ url }) => url,
  targetConfig: () => ({ timeoutSeconds: 5 }),
  tls: ({ tls }) => tls,
  preflight: async (_, { request }) => {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the service');
    return { summary: `answered ${asked.answer.status}`, latencyMilliseconds: asked.seconds * 1000 };
  },
});

let directory: string;
let server: Server;
let clients: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'loadwright-client-certificate-'));
  for (const name of ['service', 'client']) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...files], {
      cwd: directory,
      stdio: 'pipe',
    });
  }
  const read = (name: string) => readFileSync(join(directory, name));
  clients = [];
  server = createServer(
    { key: read('service.key'), cert: read('service.pem'), ca: read('client.pem'), requestCert: true },
    (request, response) => {
      clients.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      response.end('{}');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const preflight = (tls?: TlsOptions) =>
  createLoadTest({
    target: secured({
      url: `https://localhost:${(server.address() as AddressInfo).port}`,
      ...(tls && { tls }),
    }),
    load: { users: 1, duration: '1s' },
    baseDirectory: directory,
    environment: {},
  }).preflight({ fleet: localFleet({ locust }) });

it('shows the service the certificate of the configuration', { timeout: 90_000 }, async () => {
  const tls = { caFile: 'service.pem', certFile: 'client.pem', keyFile: 'client.key' };
  expect(await preflight(tls)).toBe('answered 200');
  expect(clients).toEqual(['client']);
});

it('names what is missing', { timeout: 90_000 }, async () => {
  await expect(preflight()).rejects.toMatchObject({
    code: 'PREFLIGHT_FAILED',
    message: expect.stringContaining("the server's certificate is self-signed"),
  });
  await expect(preflight({ caFile: 'service.pem' })).rejects.toMatchObject({
    message: expect.stringContaining('the server wants a client certificate'),
  });
  expect(clients).toEqual([]);
});
