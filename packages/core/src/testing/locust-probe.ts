import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeBundle } from '../bundle/write-bundle.js';
import type { Probe, ProbeRequest } from '../fleet/contract.js';
import { resolveLoad } from '../load/resolve.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { noLocust, suiteLocust } from './find-locust.js';
import type {
  PreflightContext,
  PreflightReport,
  TargetContext,
  TargetDefinition,
} from '../target/contract.js';
import { keptProbe, type PreflightExit, type StartedPreflight } from '../target/kept-probe.js';
import { askedFor, type PreflightCommand } from '../target/preflight-command.js';

/**
 * Makes requests with a Locust of this machine, one after the other. Those of one bundle cost one start of it: whoever
 * has asked closes the probe.
 *
 * @param named Path or name of the command. Default: that of `suiteLocust`.
 */
export function locustProbe(named?: string): Probe & Required<Pick<Probe, 'close'>> {
  return keptProbe(async (request, command, onLine) =>
    startLocust(named ?? (await suiteLocust()), request, command, onLine),
  );
}

function startLocust(
  locust: string,
  { directory, environment }: ProbeRequest,
  command: PreflightCommand,
  onLine: (line: string) => void,
): StartedPreflight {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...environment, ...command.variables };
  // In a group of its own: each request is made by a process that it forks.
  const child = spawn(locust, command.arguments, { cwd: directory, env, stdio: 'pipe', detached: true });
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
  // It may have ended by itself: that is seen by its end.
  child.stdin.on('error', () => {});
  let problem: Error | undefined;
  child.on('error', (error: NodeJS.ErrnoException) => {
    problem = error.code === 'ENOENT' ? noLocust(locust, error) : error;
  });
  let exit: PreflightExit | undefined;
  const ended = new Promise<PreflightExit>((resolve) => {
    child.on('close', (code) => resolve((exit = { code, problem })));
  });
  return {
    ended,
    process: {
      get exit() {
        return exit;
      },
      write: (line) => child.stdin.write(`${line}\n`),
      endInput: () => child.stdin.end(),
      // A suite of tests does not wait for what has its answers.
      end: async () => {
        if (child.pid === undefined || exit) return;
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has just ended by itself.
        }
      },
    },
  };
}

/** What a target's preflight says, its requests made by a Locust of this machine as a run makes them. */
export async function runPreflight<Input, Options>(
  definition: TargetDefinition<Input, Options>,
  options: Options,
  { probe: given, ...context }: TargetContext & { readonly probe?: Probe },
): Promise<PreflightReport> {
  const own = given ? undefined : locustProbe();
  const probe = given ?? own!;
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
    await own?.close();
    await rm(directory, { recursive: true, force: true });
  }
}
