import type { Emulator } from '@loadwright/core/target';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../shell/context.js';
import { startEmulator, type StartedEmulator } from '../run/emulation.js';
import { untilStopped } from '../shell/interrupt.js';
import { formatFigure, formatNumber } from '@loadwright/core/report';
import { examples } from '../output/help.js';
import { assignments, collect, numberOrText } from '../shell/parse.js';
import { findTarget } from '../config/target.js';

const capacityFlags = ['port', 'concurrency', 'serviceTime', 'distribution', 'queueLimit', 'seed'] as const;
const textFlags: ReadonlySet<string> = new Set(['serviceTime', 'distribution']);

type EmulateOptions = Partial<Record<(typeof capacityFlags)[number], string>> & {
  readonly set?: readonly string[];
};

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Start a local stand-in for a service. It checks what the real one checks, serves a known number of requests a ' +
        'second at most, and throttles as the real one does. Ctrl-C ends it.',
    )
    .option('--port <number>', 'port on 127.0.0.1; 0: a free one', '0')
    .option('--concurrency <number>', 'requests that are served at the same time')
    .option('--service-time <duration>', 'mean time that one request takes: 20ms')
    .option('--distribution <name>', 'of the service time: constant, exponential, log-normal')
    .option('--queue-limit <number>', 'requests that may wait; more are throttled')
    .option('--seed <number>', 'the same seed draws the same service times')
    .option('--set <name=value>', "an option of the target's own emulator; may be repeated", collect)
    .option('--json', 'the address, the options and the variables as one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright emulate sagemaker', 'a SageMaker endpoint'],
        ['loadwright emulate databricks --port 8080 --service-time 50ms', 'slower, on a port that you know'],
        ['loadwright emulate dht --set nodes=8', 'a ring of eight nodes'],
      ]),
    )
    .action(context.action((kind: string, options: EmulateOptions) => emulate(kind, options, context)));
}

async function emulate(kind: string, options: EmulateOptions, context: Context): Promise<ExitCode> {
  const { definition } = await findTarget(kind, context.io);
  const started = await startEmulator(definition, emulatorOptions(options));
  const { emulator, capacity } = started;
  const { url, targetOptions, environment } = emulator;
  try {
    await untilStopped(context.io, 'nothing to clean up: the emulator ends with this command', () => {
      // One line, so that a program may read it while the emulator goes on.
      if (context.json)
        context.io.stdout.write(
          `${JSON.stringify({ kind: definition.kind, url, capacity, targetOptions, environment })}\n`,
        );
      else context.print(...describe(definition.kind, started, context));
    });
  } finally {
    await emulator.stop();
  }
  context.note('', statistics(emulator));
  return exitCodes.pass;
}

function emulatorOptions({ set, ...flags }: EmulateOptions): Record<string, unknown> {
  const given = capacityFlags.flatMap((name) => {
    const text = flags[name];
    return text === undefined ? [] : [[name, textFlags.has(name) ? text : numberOrText(text)] as const];
  });
  return { ...Object.fromEntries(given), ...assignments(set) };
}

function describe(kind: string, { emulator, capacity }: StartedEmulator, { colors }: Context): string[] {
  const variables = Object.entries(emulator.environment);
  return [
    `${colors.green('●')} ${colors.bold(`${kind} emulator`)} at ${colors.cyan(emulator.url)}`,
    ...(capacity === undefined ? [] : [`  serves ${formatFigure(capacity)} requests/s at most`]),
    '',
    colors.dim('# the options of the target'),
    JSON.stringify({ kind, ...emulator.targetOptions }, undefined, 2),
    ...(variables.length === 0
      ? []
      : [
          '',
          colors.dim('# the made-up credentials that it accepts: copy them to the terminal of the test'),
          ...variables.map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`),
        ]),
    '',
    colors.dim('Ctrl-C ends it.'),
  ];
}

function statistics(emulator: Emulator): string {
  const { requests, served, throttled, rejected } = emulator.statistics();
  return (
    `${formatNumber(requests)} requests: ${formatNumber(served)} served, ${formatNumber(throttled)} throttled, ` +
    `${formatNumber(rejected)} rejected`
  );
}
