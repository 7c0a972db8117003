import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '@loadwright/core/command';
import { validate, type Emulator, type Target } from '@loadwright/core/target';
import type { LoadedConfig } from '@loadwright/core/config';
import {
  makeLoopbackCertificate,
  measureBundle,
  startResponder,
  type Benchmark,
} from '@loadwright/infra/size';
import type { CliIo } from '../shell/io.js';
import { pointAt, startEmulatorOf } from './emulation.js';
import { createConfiguredTest } from './load-test.js';

/** Enough that the process always has an answer to read, few enough that they are all served soon. */
const users = 32;

/** The emulator refuses nothing, however many ask at once. */
const capacity = { concurrency: 10_000, serviceTime: '1ms', queueLimit: 100_000 };

interface BenchmarkCall {
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/**
 * Measures what a request of a configuration costs on this machine: its own bundle, with its signatures, bodies and TLS, in a
 * real Locust process, against answers of the target's emulator.
 */
export async function benchmarkConfiguration(
  loaded: LoadedConfig,
  io: CliIo,
  { seconds, signal, onProgress }: BenchmarkCall,
): Promise<Benchmark> {
  const { target } = loaded.config;
  const wantsTls = hasTls(target);
  const certificate = wantsTls ? await makeLoopbackCertificate(io.environment) : undefined;
  if (wantsTls && !certificate) {
    onProgress(
      'openssl was not found: requests are measured without TLS, which costs about half as much again',
    );
  }
  const { emulator } = await startEmulatorOf(target, capacity);
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-size-'));
  const responder = await startResponder(emulator.url, certificate);
  try {
    const caFile = join(folder, 'authority.pem');
    if (certificate) await writeWhole(caFile, certificate.certificate);
    const reached = behindResponder(emulator, responder.url);
    const pointed = pointAt(target, reached, io.environment);
    const test = await createConfiguredTest(
      {
        ...loaded,
        config: {
          ...loaded.config,
          workers: 1,
          // Longer than the benchmark, which ends it.
          load: { profile: 'constant', users, duration: `${Math.ceil(seconds) + 300}s`, gracefulStop: '0s' },
        },
      },
      {
        target: {
          definition: pointed.target.definition,
          options: {
            ...(pointed.target.options as object),
            ...(wantsTls && { tls: certificate && { caFile } }),
          },
        },
        environment: pointed.environment,
      },
    );
    const bundle = await test.bundle({ directory: join(folder, 'bundle'), signal });
    onProgress(`measuring ${users} users for ${seconds} s`);
    return await measureBundle({
      directory: bundle.directory,
      users,
      seconds,
      tls: certificate !== undefined,
      // Loopback is reached without the proxies of this machine.
      variables: { ...reached.environment, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
      environment: io.environment,
      served: responder.counts,
      signal,
      onProgress,
    });
  } finally {
    await responder.close();
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** True when the service is reached by TLS, and the target has an option for whom to trust. */
function hasTls({ definition, options }: Target): boolean {
  const host = definition.host(validate(definition.options, options, { field: 'target' }));
  return host.startsWith('https:') && definition.tls !== undefined;
}

/** An emulator at the address of what stands before it. */
function behindResponder(emulator: Emulator, url: string): Emulator {
  const moved = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replace(emulator.url, url) : value,
      ]),
    );
  return {
    ...emulator,
    url,
    targetOptions: moved(emulator.targetOptions),
    environment: moved(emulator.environment) as Record<string, string>,
  };
}
