import { resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';
import { validate } from '@loadwright/core/fleet';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { capacityFrontier } from '@loadwright/core/scaling';
import type { ScalingRecommendation } from '@loadwright/core/target';
import { Option, type Command } from 'commander';
import { loadConfiguration } from '../../config/configuration.js';
import { findTarget } from '../../config/target.js';
import { examples } from '../../output/help.js';
import { formatFrontier, formatRecommendation } from '../../output/scaling.js';
import { addDemandFlags, priceOf, readCapacity, readDemand, type DemandFlags } from '../../scaling/demand.js';
import type { Context } from '../../shell/context.js';

interface RecommendFlags extends DemandFlags {
  readonly config?: string;
  readonly target?: string;
  readonly format: string;
  readonly out?: string;
  readonly price?: string;
}

export function configure(command: Command, context: Context): void {
  addDemandFlags(
    command.description(
      'Recommend the scaling of an endpoint: targets, limits, cooldowns and steps that carry a ramp, each with its reason, and what ' +
        'they cost against alternatives. From the capacity of one instance; makes nothing, costs nothing.',
    ),
  )
    .option(
      '--from-zero',
      'no instance without load; the first request then fails, or waits where the endpoint is asynchronous',
    )
    .option('--target <kind>', 'the kind of target, in place of the configuration: sagemaker, databricks')
    .option('--config <file>', 'the configuration file (default: loadwright.config.* of this folder)')
    .option(
      '--format <format>',
      'of stdout: table, or what the target has; sagemaker: cli, cloudformation, cdk, terraform; databricks: cli, json',
      'table',
    )
    .option('--out <file>', 'write it there in place of stdout')
    .option('--price <dollars>', 'of an instance an hour, or of what the target counts, for the cost')
    .addOption(new Option('--json', 'one JSON document on stdout').conflicts(['format', 'out']))
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright recommend --peak 3000/s --ramp 10m --calibration calibration.json', 'by a calibration'],
        [
          'loadwright recommend --target sagemaker --peak 3000/s --capacity 42/s --service-time 80ms --format cli',
          'by figures of yours, as commands of the AWS CLI',
        ],
      ]),
    )
    .action(context.action((flags: RecommendFlags) => recommend(flags, context)));
}

async function recommend(flags: RecommendFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const capacity = await readCapacity(flags, io.cwd);
  const demand = readDemand(flags);
  const { definition, given } = await targetOf(flags, context);
  const { scaling, kind } = definition;
  if (!scaling) {
    throw new LoadwrightError('CONFIG_INVALID', `target: nothing is known about how ${kind} scales.`, {
      hint: 'This works with sagemaker and databricks, and with targets of your own that have a member "scaling".',
    });
  }
  const options = validate(definition.options, given, { field: 'target' });
  const recommendation = scaling.recommend(options, capacity, demand);
  const price = flags.price === undefined ? undefined : priceOf(flags.price);
  const { costs } = recommendation;
  const frontier =
    costs &&
    capacityFrontier((known) => scaling.recommend(options, known, demand).costs ?? costs, capacity, price);
  if (context.json) {
    context.printJson({ kind, capacity, demand, ...recommendation, ...(frontier && { frontier }) });
    return exitCodes.pass;
  }
  const text =
    flags.format === 'table'
      ? [
          ...formatRecommendation(recommendation, context.colors),
          ...(frontier ? ['', ...formatFrontier(frontier, costs!.units, context.colors)] : []),
        ].join('\n')
      : formatOf(recommendation, flags.format, kind);
  if (flags.out === undefined) context.print(text.trimEnd());
  else await writeWhole(resolve(io.cwd, flags.out), `${text.trimEnd()}\n`, { mode: 0o666 });
  return exitCodes.pass;
}

async function targetOf({ target, config }: RecommendFlags, { io }: Context) {
  if (target !== undefined) {
    const { definition } = await findTarget(target, io);
    return { definition, given: definition.example };
  }
  const loaded = await loadConfiguration({ ...(config !== undefined && { config }) }, io, 'recommend');
  return { definition: loaded.config.target.definition, given: loaded.config.target.options };
}

function formatOf({ formats: there }: ScalingRecommendation, format: string, kind: string): string {
  const text = there[format];
  if (text !== undefined) return text;
  throw new LoadwrightError('USAGE', `--format: ${kind} has no ${format}.`, {
    hint: `It has ${['table', ...Object.keys(there)].join(', ')}.`,
  });
}
