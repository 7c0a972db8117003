import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeBundle } from '../bundle/write-bundle.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { resolveLoad } from '../load/resolve.js';
import { pythonDirectory } from '../python-files.js';
import { askedFor } from '../target/preflight-command.js';
import type { EmulatorStatistics } from '../target/emulator-contract.js';
import type { PreflightAnswer } from '../target/preflight-answer.js';
import { secondsOf } from '../values/duration.js';
import { validOptions } from './json-schema.js';
import { noLocust } from './find-locust.js';
import type { TargetSubject } from './target-subject.js';
import { contextOf } from './target-secret-checks.js';
import { startWireTap, type WireRequest } from './wire-tap.js';

/** One short load of a target against its emulator, by the Locust of this machine. */
export interface ObservedLoad {
  readonly users?: number;
  /** Beside the suite's own options of the target. */
  readonly options?: object | undefined;
  readonly emulator?: object | undefined;
  /** How long requests begin. Default 1s, longer where there are many payloads. */
  readonly duration?: string | undefined;
  /** Whether preflights are looked at too. Default true. */
  readonly hasPreflights?: boolean;
}

/** What a load measured, as `conformance_load.py` prints it. */
const measuredSchema = z.object({
  version: z.literal(1),
  requests: z.array(z.object({ name: z.string(), sent: z.int(), succeeded: z.int(), failed: z.int() })),
  errors: z.array(z.object({ name: z.string(), kind: z.string(), reason: z.string(), count: z.int() })),
  metrics: z.record(z.string(), z.object({ kind: z.string(), unit: z.string(), recorded: z.int() })),
});

export type Measured = z.output<typeof measuredSchema>;

/** What was seen of it: by the load's client, on the wire, and by the emulator. */
export interface Observation {
  readonly measured: Measured;
  /** What Locust printed. */
  readonly output: string;
  readonly wire: readonly WireRequest[];
  /** What the emulator counted while the load ran. */
  readonly counted: EmulatorStatistics;
  /** The load's first request as two preflights sent it: what differs between them is made anew for each. */
  readonly preflights: readonly WireRequest[];
  /** How many payloads the bundle has. */
  readonly payloads: number;
  /** What the source gives when it is asked for each name; only where there are several. */
  readonly named: Readonly<Record<string, PreflightAnswer>>;
  /** Names that the definition says the requests have; undefined: it does not know. */
  readonly known: readonly string[] | undefined;
  /** Values that must not be shown. */
  readonly secrets: readonly string[];
}

/** More would not be fixed ones. */
export const mostNames = 20;

/** Two users and the 20 ms that emulators take: ten times what a payload needs. */
const secondsAPayload = 0.1;

const mark = 'loadwright-conformance ';
const extraFile = fileURLToPath(new URL('conformance_load.py', pythonDirectory));

/** Runs it. Everything of it is gone afterwards. */
export async function observeLoad(subject: TargetSubject, load: ObservedLoad): Promise<Observation> {
  const { definition } = subject;
  const locust = await subject.locust();
  const emulated = definition.emulator!;
  const emulator = await emulated.start(validOptions(emulated.options, load.emulator ?? {}));
  const directory = await mkdtemp(join(tmpdir(), 'loadwright-conformance-'));
  const probe = subject.openProbe();
  let tap: Awaited<ReturnType<typeof startWireTap>> | undefined;
  try {
    const options = validOptions(definition.options, {
      ...(subject.options as object),
      ...load.options,
      ...emulator.targetOptions,
    });
    const context = contextOf({ ...subject.environment, ...emulator.environment });
    const { variables } = (await definition.resolveEnvironment?.(options, context)) ?? { variables: {} };
    tap = await startWireTap(definition.host(options));
    const { baseDirectory } = context;
    const contents = {
      kind: definition.kind,
      host: tap.url,
      targetConfig: definition.targetConfig(options),
      locustfile: definition.locustfile,
      pythonModules: definition.pythonModules ?? [],
      environment: definition.environment?.(options) ?? [],
      tls: definition.tls?.(options),
      payloads: definition.payloads?.(options),
      load: () => {
        const profile = {
          users: load.users ?? 2,
          duration: load.duration ?? '1s',
          spawnRate: 100,
          waitTime: '10ms',
        };
        return resolveLoad(loadProfileSchema.parse(profile), 'sequential', 1);
      },
    };
    await writeBundle(directory, contents, { baseDirectory });

    const ask = (name?: string) =>
      probe({ directory, environment: variables, path: askedFor(name ? { name } : undefined) });
    const { hasPreflights = true } = load;
    if (hasPreflights) await Promise.all([ask(), ask()]);
    const preflights = tap.take();
    const before = emulator.statistics();
    const payloads = contents.payloads ? lines(join(directory, 'payloads.jsonl')) : 0;
    const seconds = Math.max(secondsOf(load.duration ?? '1s'), Math.ceil(payloads * secondsAPayload));
    const output = await runLocust(locust, seconds, directory, variables);
    const measured = measuredOf(output);
    const counted = difference(emulator.statistics(), before);
    const wire = tap.take();
    const names = measured.requests.map(({ name }) => name);
    const areAsked = hasPreflights && names.length > 1 && names.length <= mostNames;
    const named = !areAsked ? [] : names.map(async (name) => [name, await ask(name)] as const);
    const declared = (definition.environment?.(options) ?? []).filter(({ secret }) => secret);
    return {
      measured,
      output,
      wire,
      counted,
      preflights,
      payloads,
      named: Object.fromEntries(await Promise.all(named)),
      known: definition.requestNames?.(options),
      secrets: declared.map(({ name }) => variables[name]).filter((value) => value !== undefined),
    };
  } finally {
    await probe.close?.();
    await tap?.close();
    await emulator.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function runLocust(
  locust: string,
  seconds: number,
  directory: string,
  variables: Readonly<Record<string, string>>,
) {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise<string>((resolve, reject) => {
    execFile(
      locust,
      // The extra file ends it before that time.
      [
        '-f',
        `locustfile.py,${extraFile}`,
        '--headless',
        '-t',
        `${seconds + 60}s`,
        '--exit-code-on-error',
        '0',
      ],
      {
        cwd: directory,
        env: {
          PATH,
          HOME,
          ...variables,
          PYTHONDONTWRITEBYTECODE: '1',
          PYTHONPATH: directory,
          LOADWRIGHT_CONFORMANCE_SECONDS: `${seconds}`,
        },
        timeout: (seconds + 120) * 1000,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        if (error?.code === 'ENOENT') reject(noLocust(locust, error));
        else resolve(`${stderr}\n${stdout}`);
      },
    );
  });
}

function measuredOf(output: string): Measured {
  const line = output.split('\n').findLast((text) => text.startsWith(mark));
  assert(line, `Locust did not run the load to its end:\n${output.split('\n').slice(-25).join('\n')}`);
  return measuredSchema.parse(JSON.parse(line.slice(mark.length)));
}

function difference(after: EmulatorStatistics, before: EmulatorStatistics): EmulatorStatistics {
  return {
    requests: after.requests - before.requests,
    served: after.served - before.served,
    throttled: after.throttled - before.throttled,
    rejected: after.rejected - before.rejected,
  };
}

function lines(path: string): number {
  return readFileSync(path, 'utf8').trimEnd().split('\n').length;
}
