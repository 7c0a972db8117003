import { LoadwrightError, parseDuration } from '@loadwright/core';
import { parseRate } from '@loadwright/core/command';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { estimate } from '@loadwright/infra/size';
import type { Command } from 'commander';
import { loadConfiguration } from '../../config/configuration.js';
import { examples } from '../../output/help.js';
import { formatSizing } from '../../output/sizing.js';
import { benchmarkConfiguration } from '../../run/benchmark.js';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';

interface SizeFlags {
  readonly rate: string;
  readonly config?: string;
  readonly benchmark: string;
  readonly region?: string;
}

const defaultRegion = 'us-east-1';

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Measure what a request of this configuration costs this machine, with its signatures, bodies and TLS, against the ' +
        "target's emulator. From that: how many machines of which type send the rate, and their price. Makes nothing, costs nothing.",
    )
    .requiredOption('--rate <rate>', 'the wanted rate: 5000/s, 300000/m')
    .option('--config <file>', 'the configuration file (default: loadwright.config.* of this folder)')
    .option('--benchmark <duration>', 'length of the measurement', '20s')
    .option('--region <region>', `of the prices (default: that of the fleet, or ${defaultRegion})`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright size --rate 5000/s', 'for the configuration of this folder'],
        ['loadwright size --rate 5000/s --region eu-west-1', 'with prices of another region'],
        ['loadwright size --rate 5000/s --benchmark 5s', 'sooner, and less exactly'],
      ]),
    )
    .action(context.action((options: SizeFlags) => size(options, context)));
}

async function size(options: SizeFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const rate = rateOf(options.rate);
  const seconds = secondsOf(options.benchmark);
  const loaded = await loadConfiguration(
    { ...(options.config !== undefined && { config: options.config }) },
    io,
    'size',
  );
  const benchmark = await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: 'nothing needs to be removed' },
    (signal) =>
      benchmarkConfiguration(loaded, io, { seconds, signal, onProgress: (message) => context.note(message) }),
  );
  const ofFleet = (loaded.config.fleet as { readonly region?: unknown } | undefined)?.region;
  const region = options.region ?? (typeof ofFleet === 'string' ? ofFleet : defaultRegion);
  const sizing = estimate(benchmark, { rate, region });
  if (context.json) context.printJson(sizing);
  else context.printText(...formatSizing(sizing, context.colors));
  return exitCodes.pass;
}

function rateOf(text: string): number {
  const rate = parseRate(text);
  if (rate !== undefined && rate > 0 && rate <= 10_000_000) return rate;
  throw new LoadwrightError('USAGE', `--rate: found "${text}", expected a rate such as 5000/s or 300000/m`, {
    hint: 'Use requests in a second (s), minute (m) or hour (h), at most 10,000,000/s.',
  });
}

function secondsOf(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 1 && seconds <= 600) return seconds;
  throw new LoadwrightError('USAGE', `--benchmark: found "${text}", expected a duration from 1s to 10m`, {
    hint: 'Use 20s, or 5s for a first look.',
  });
}
