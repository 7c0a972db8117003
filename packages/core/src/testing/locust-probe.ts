import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { LoadwrightError } from '../errors.js';
import type { Probe } from '../fleet/contract.js';
import { resolveLoad } from '../load/resolve.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { noLocust, suiteLocust } from './find-locust.js';
import type {
  PreflightContext,
  PreflightReport,
  TargetContext,
  TargetDefinition,
} from '../target/contract.js';
import { askedFor, preflightCommand, readPreflightAnswer } from '../target/preflight-command.js';

/**
 * Makes requests with a Locust of this machine.
 *
 * @param named Path or name of the command. Default: that of {@link suiteLocust}.
 */
export function locustProbe(named?: string): Probe {
  return async ({ directory, environment, path, signal }) => {
    const locust = named ?? (await suiteLocust());
    const command = preflightCommand(path);
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...environment, ...command.variables };
    const output = await new Promise<string>((resolve, reject) => {
      execFile(
        locust,
        command.arguments,
        { cwd: directory, env, signal, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error?.code === 'ENOENT') reject(noLocust(locust, error));
          else if (signal?.aborted) reject(new LoadwrightError('ABORTED', 'The preflight was stopped.'));
          else resolve(`${stderr}\n${stdout}`);
        },
      );
    });
    return readPreflightAnswer(output.split('\n'));
  };
}

/** What a target's preflight says, its requests made by a Locust of this machine as a run makes them. */
export async function runPreflight<Input, Options>(
  definition: TargetDefinition<Input, Options>,
  options: Options,
  { probe = locustProbe(), ...context }: TargetContext & { readonly probe?: Probe },
): Promise<PreflightReport> {
  const { baseDirectory, signal } = context;
  const resolvedEnvironment = (await definition.resolveEnvironment?.(options, context)) ?? { variables: {} };
  const directory = await mkdtemp(join(tmpdir(), 'loadwright-preflight-'));
  const request: PreflightContext['request'] = (other) =>
    probe({ directory, environment: resolvedEnvironment.variables, path: askedFor(other), signal });
  try {
    await writeBundle(
      directory,
      {
        kind: definition.kind,
        host: definition.host(options),
        targetConfig: definition.targetConfig(options),
        locustfile: definition.locustfile,
        pythonModules: definition.pythonModules ?? [],
        environment: definition.environment?.(options) ?? [],
        tls: definition.tls?.(options),
        payloads: definition.payloads?.(options),
        load: (payloadOrder) =>
          resolveLoad(loadProfileSchema.parse({ users: 1, duration: '1s' }), payloadOrder, 1),
      },
      { baseDirectory, firstPayloadOnly: true, signal },
    );
    return await definition.preflight!(options, { ...context, resolvedEnvironment, request });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
