import { createLoadTest, LoadwrightError, type Target } from '@loadwright/core';
import type { ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { builtInTargets } from '../config/built-in-targets.js';
import { runAndReport } from '../run/run-and-report.js';
import type { Context } from '../shell/context.js';
import { besideEmulator, pointAt, startEmulator, variablesOf } from '../run/emulation.js';
import { createFleet } from '../fleet/create-fleet.js';
import { examples } from '../output/help.js';
import { numberOrText } from '../shell/parse.js';
import { exampleOf, findTarget } from '../config/target.js';

interface DemoOptions {
  readonly duration: string;
  readonly workers: string;
  readonly users: string;
  readonly results: string;
  readonly wrongCredentials?: boolean;
  readonly live: boolean;
  readonly web?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Start the emulator of a target on this machine, load it with a real Locust master and workers, and judge the ' +
        `run. Targets: ${Object.keys(builtInTargets).join(', ')}; default sagemaker.`,
    )
    .option('--duration <duration>', 'length of the load: 20s, 1m', '20s')
    .option('--workers <number>', 'load-generating processes', '2')
    .option('--users <number>', 'virtual users', '20')
    .option('--results <folder>', 'where the results go', 'results')
    .option('--wrong-credentials', 'hand over a wrong secret, to see what a failed check looks like')
    .option('--no-live', 'plain lines instead of the live view')
    .option(
      '--web',
      'a page of the run on this machine as well: charts, thresholds, and a button that stops it',
    )
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright demo', 'a SageMaker endpoint, for 20 seconds'],
        ['loadwright demo dht --duration 1m', 'a distributed hash table, for a minute'],
        ['loadwright demo --wrong-credentials', 'how a wrong secret is found before any load'],
      ]),
    )
    .action(context.action((kind: string | undefined, options: DemoOptions) => demo(kind, options, context)));
}

async function demo(kind = 'sagemaker', options: DemoOptions, context: Context): Promise<ExitCode> {
  const { io } = context;
  const factory = await findTarget(kind, io);
  const { definition } = factory;
  const { emulator, capacity } = await startEmulator(definition);
  try {
    const { target, environment } = pointAt(factory(exampleOf(definition)), emulator, io.environment);
    const test = createLoadTest({
      name: `demo-${definition.kind}`,
      target,
      environment: options.wrongCredentials ? withWrongSecrets(target, environment) : environment,
      workers: numberOrText(options.workers) as number,
      load: {
        users: numberOrText(options.users) as number,
        duration: options.duration,
        // Well below the emulator's capacity, also on a slow machine with two cores.
        waitTime: { min: '50ms', max: '150ms' },
      },
      thresholds: {
        http_req_failed: ['rate<0.01'],
        // An answer takes 20 ms of service; ten times as much would mean that something is wrong.
        http_req_duration: ['med<100', 'p(95)<500'],
      },
      baseDirectory: io.cwd,
    });
    context.note(
      `${definition.kind} emulator: ${emulator.url}${capacity === undefined ? '' : `, serves ${capacity} requests/s at most`}`,
    );
    return await runAndReport(context, test, {
      fleet: await createFleet({ kind: 'local' }, context),
      resultsDirectory: resolve(io.cwd, options.results),
      live: options.live,
      web: options.web ?? false,
      tolerate: besideEmulator,
    });
  } finally {
    await emulator.stop();
  }
}

/** The environment with every secret of the target replaced by one that the emulator does not know. */
function withWrongSecrets(
  target: Target,
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const secrets = variablesOf(target).filter(({ name, secret }) => secret && environment[name] !== undefined);
  if (secrets.length === 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `--wrong-credentials: the target ${target.definition.kind} has no secrets that could be wrong`,
      { hint: 'try it with another target: loadwright demo sagemaker --wrong-credentials' },
    );
  }
  return { ...environment, ...Object.fromEntries(secrets.map(({ name }) => [name, 'wrong-on-purpose'])) };
}
