import type { OpenedFleet, Scaled, ScalePlan } from '@loadwright/core';
import { LoadwrightError } from '@loadwright/core/errors';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { parseNumber } from '@loadwright/core/text';
import { InvalidArgumentError, type Command } from 'commander';
import { confirm, requireConsent, type ConsentFlags } from '../../shell/confirm.js';
import type { Context } from '../../shell/context.js';
import { shellWord } from '../../shell/given.js';
import { interruptible } from '../../shell/interrupt.js';
import { examples } from '../../output/help.js';
import { formatPriceChange, formatScalePlan } from '../../output/fleet.js';
import { openNamedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, atPlace, placeFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

type ScaleFlags = FleetFlags & ConsentFlags & { readonly workers: number };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      'Change the number of workers of a fleet, also while a load runs: its users are spread over the workers that are ' +
        'there, and its report has the moment among its events. Exit codes: 0 changed, 97 it could not be, 105 stopped.',
    )
    .requiredOption('--workers <n>', 'load-generating processes', parseWorkers)
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright scale 4f32386de5 --workers 16', 'show what changes and its price, ask, do it'],
        ['loadwright scale 4f32386de5 --workers 4 --yes', 'without a question'],
      ]),
    )
    .action(context.action((fleet: string, options: ScaleFlags) => scale(fleet, options, context)));
}

function parseWorkers(text: string): number {
  const workers = parseNumber(text);
  if (workers !== undefined && Number.isInteger(workers) && workers >= 1) return workers;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

async function scale(reference: string, options: ScaleFlags, context: Context): Promise<ExitCode> {
  requireConsent(['scale', `status ${shellWord(reference)}`, placeFlags(context, false)], options, context);
  const { workers } = options;
  const fleet = await openNamedFleet(reference, options, context, 'scale');
  const { fleetId } = fleet;
  const plan = await fleet.planScale(workers);
  if (plan.changes.length === 0) {
    report({ fleetId, plan }, context);
    return exitCodes.pass;
  }
  const tell = context.json ? context.note : context.printText;
  tell('', ...formatScalePlan(plan, context.colors), '');
  await confirm('Change this?', options, context);
  const scaled = await carryOut(fleet, workers, context);
  report({ fleetId, plan, scaled }, context);
  return exitCodes.pass;
}

async function carryOut(fleet: OpenedFleet, workers: number, context: Context): Promise<Scaled> {
  const { fleetId } = fleet;
  return interruptible(
    context.io,
    {
      onStop: () => context.note('stopping…'),
      abandoned: `look at the fleet: ${atPlace(`loadwright status ${fleetId}`, context)}`,
    },
    async (signal) => {
      try {
        return await fleet.scale(workers, {
          signal,
          onProgress: (message) => context.note(context.errorColors.dim(message)),
        });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new LoadwrightError(
          'ABORTED',
          `interrupted while ${fleetId} was changing: it may have some of the new workers`,
          {
            hint: `finish it: ${atPlace(`loadwright scale ${fleetId} --workers ${workers}`, context)}; or go back to the number before`,
            cause: error,
          },
        );
      }
    },
  );
}

function report(
  { fleetId, plan, scaled }: { fleetId: string; plan: ScalePlan; scaled?: Scaled },
  context: Context,
): void {
  const { workersBefore, workersAfter } = plan;
  if (context.json) {
    const isUnderLoad = scaled?.underLoad ?? false;
    return context.printJson({ fleetId, changed: scaled !== undefined, underLoad: isUnderLoad, plan });
  }
  const { colors } = context;
  if (!scaled) return context.print(`${fleetId} has ${workersBefore} workers already; nothing was changed`);
  context.print(
    `${colors.green('✓')} ${colors.bold(fleetId)}: ${workersBefore} → ${workersAfter} workers, ${formatPriceChange(plan)}`,
    ...(scaled.underLoad
      ? [`  ${colors.dim('load      ')}goes on; its users are spread over ${workersAfter} workers`]
      : []),
  );
}
