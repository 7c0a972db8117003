import {
  changeScaling,
  keptSnapshots,
  requireChangeable,
  requireRestorable,
  restoreScaling,
  settingsDifferences,
  type ScalingSnapshot,
} from '@loadwright/core/scaling';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { examples } from '../../../output/help.js';
import { commandOf } from '../../../output/next-step.js';
import { formatDifferences, formatRecommendation, formatScaling } from '../../../output/scaling.js';
import {
  addDemandFlags,
  demandFlags,
  readCapacity,
  readDemand,
  type DemandFlags,
} from '../../../scaling/demand.js';
import { configuredEndpoint, type EndpointFlags } from '../../../scaling/endpoint.js';
import { confirm, requireConsent, type ConsentFlags } from '../../../shell/confirm.js';
import type { Context } from '../../../shell/context.js';
import { interruptible } from '../../../shell/interrupt.js';

type ApplyFlags = DemandFlags & EndpointFlags & ConsentFlags;

/** Activities of the last day are shown. */
const shownMilliseconds = 24 * 3600 * 1000;

export function configureShow(command: Command, context: Context): void {
  addEndpointFlags(
    command.description(
      'Show what scales the endpoint of the configuration, and what it did. Changes nothing.',
    ),
  )
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', examples(context, [['loadwright scaling show', 'settings, instances, activities']]))
    .action(context.action((flags: EndpointFlags) => show(flags, context)));
}

export function configureApply(command: Command, context: Context): void {
  addEndpointFlags(
    addDemandFlags(
      command.description(
        'Set the scaling of the endpoint to what is recommended, after a question. What was there is kept on the disk before the ' +
          'first change; "loadwright scaling rollback" puts it back.',
      ),
    ),
  )
    .option(
      '--from-zero',
      'no instance without load; the first request then fails, or waits where the endpoint is asynchronous',
    )
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        [
          'loadwright scaling apply --peak 3000/s --ramp 10m --calibration calibration.json',
          'by a calibration',
        ],
      ]),
    )
    .action(context.action((flags: ApplyFlags) => apply(flags, context)));
}

export function configureRollback(command: Command, context: Context): void {
  addEndpointFlags(
    command.description(
      'Put the scaling of the endpoint back to what it was before "loadwright scaling apply", or before a calibration suspended it, also after a ' +
        'crash: settings, suspension, and the number of instances.',
    ),
  )
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', examples(context, [['loadwright scaling rollback --yes', 'without a question']]))
    .action(context.action((flags: EndpointFlags & ConsentFlags) => rollback(flags, context)));
}

export function addEndpointFlags(command: Command): Command {
  return command.option(
    '--config <file>',
    'the configuration file (default: loadwright.config.* of this folder)',
  );
}

const stopping = (context: Context) => ({
  onStop: () => context.note('stopping, and putting back what was changed…'),
  abandoned: `put it back: ${rollbackCommand(context)}`,
});

/** What puts back what this command finds or changes: by the same configuration. */
const rollbackCommand = ({ given }: Context) => commandOf({ action: 'restore-scaling' }, given);

async function show(flags: EndpointFlags, context: Context): Promise<ExitCode> {
  await interruptible(context.io, stopping(context), async (signal) => {
    const endpoint = await configuredEndpoint(flags, context, signal);
    const { scaling, options, context: around } = endpoint;
    const described = await scaling.describe(options, around);
    const since = context.io.now() - shownMilliseconds;
    const { activities, instances } = await scaling.observe(options, around, since);
    // What can be put back of the number may be less than what there is.
    const state = { ...described, instances };
    const kept = await keptSnapshots(endpoint);
    if (context.json)
      context.printJson({ ...state, activities, ...(kept.length > 0 && { snapshots: kept }) });
    else {
      context.print(...formatScaling(state, activities, context.colors));
      if (kept.length > 0) {
        const changes = kept.map((snapshot) => `It was ${describeChange(snapshot)}.`);
        context.print('', ...changes, `To put it back: ${rollbackCommand(context)}`);
      }
    }
  });
  return exitCodes.pass;
}

async function apply(flags: ApplyFlags, context: Context): Promise<ExitCode> {
  requireConsent(['scaling apply', 'recommend', [...demandFlags, '--from-zero', '--config']], flags, context);
  const capacity = await readCapacity(flags, context.io.cwd);
  const demand = readDemand(flags);
  await interruptible(context.io, stopping(context), async (signal) => {
    const endpoint = await configuredEndpoint(flags, context, signal);
    const { scaling, options, context: around, snapshotFile } = endpoint;
    const found = await scaling.describe(options, around);
    const recommendation = scaling.recommend(options, capacity, demand, found);
    const { settings } = recommendation;
    const differences = settingsDifferences(found.settings, settings);
    // Nobody is asked about what is refused.
    if (differences.length > 0) await requireChangeable(endpoint);
    if (!context.json) {
      const { colors } = context;
      context.print(
        ...formatRecommendation(recommendation, colors),
        '',
        ...formatDifferences(differences, colors),
      );
    }
    if (differences.length > 0) {
      await confirm(`Change the scaling of ${found.resource}?`, flags, context, { signal });
      await changeScaling(endpoint, (before) => scaling.apply(options, around, settings, before));
    }
    if (context.json) context.printJson({ resource: found.resource, differences, settings, snapshotFile });
    else if (differences.length > 0) {
      context.print('', `${context.colors.green('✓')} Applied. To put it back: ${rollbackCommand(context)}`);
    }
  });
  return exitCodes.pass;
}

async function rollback(flags: EndpointFlags & ConsentFlags, context: Context): Promise<ExitCode> {
  requireConsent(['scaling rollback', 'scaling show'], flags, context);
  await interruptible(context.io, stopping(context), async (signal) => {
    const endpoint = await configuredEndpoint(flags, context, signal);
    const [kept, earlier] = await requireRestorable(endpoint);
    if (kept) {
      const question = `Make the scaling of ${kept.state.resource} what it was before it was ${describeChange(kept)}?`;
      await confirm(question, flags, context, { signal });
      await restoreScaling(endpoint);
    }
    if (context.json) {
      const remaining = earlier ? { remaining: [earlier] } : {};
      context.printJson({ restored: kept !== undefined, ...(kept && { state: kept.state }), ...remaining });
    } else if (kept) {
      context.print(`${context.colors.green('✓')} ${kept.state.resource} is as it was at ${kept.takenAt}.`);
      if (earlier) {
        context.print(
          `Before that it was ${describeChange(earlier)}. To put that back too: ${rollbackCommand(context)}`,
        );
      }
    } else context.print('Nothing was changed from here, so there is nothing to put back.');
  });
  return exitCodes.pass;
}

const describeChange = ({ calibration, takenAt }: ScalingSnapshot) =>
  calibration === undefined
    ? `changed at ${takenAt} by "loadwright scaling apply"`
    : `suspended at ${takenAt} by the calibration ${calibration}`;
