import type { DeployedFleet } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { confirm, repeatable, requireConsent, type ConsentFlags } from '../../shell/confirm.js';
import type { Context } from '../../shell/context.js';
import { describeOthers, formatDeployedFleets } from '../../output/fleet.js';
import { examples } from '../../output/help.js';
import { printRemoval, removeFleets } from '../../fleet/remove.js';
import { findDeployedFleets } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

type CollectFlags = FleetFlags & ConsentFlags & { readonly dryRun?: boolean };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      'Remove expired fleets, and fleets without a machine. One that began less than an hour ago may still get its ' +
        'machine: it is named, and not touched. ' +
        'Exit codes: as of destroy.',
    )
    .option('--dry-run', 'only show it')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright gc --dry-run', 'which would be removed'],
        ['loadwright gc --yes', 'remove it without a question'],
      ]),
    )
    .action(context.action((options: CollectFlags) => collect(options, context)));
}

async function collect(options: CollectFlags, context: Context): Promise<ExitCode> {
  if (!options.dryRun) requireConsent(['gc', 'gc --dry-run', repeatable(context)], options, context);
  const { found, place } = await findDeployedFleets(options, context, 'gc');
  const left = found.filter(({ deployed: { state } }) => state === 'expired' || state === 'orphaned');
  const over = left.map(({ deployed }) => deployed);
  const young = found.flatMap(({ deployed: { state, fleetId } }) =>
    state === 'incomplete' ? [fleetId] : [],
  );
  if (options.dryRun && context.json) {
    context.printJson({ dryRun: true, fleets: over, incomplete: young });
    return exitCodes.pass;
  }
  const tell = context.json ? context.note : context.print;
  tell(...(over.length > 0 ? describe(over, context) : [`No expired or orphaned fleet in ${place}.`]));
  const fleets = found.map(({ deployed }) => deployed);
  for (const line of describeOthers(fleets, context.colors)) tell(line);
  if (young.length > 0) tell(`${context.colors.yellow('!')} ${describeYoung(young)}`);
  if (options.dryRun || (over.length === 0 && !context.json)) return exitCodes.pass;
  const placed = left.map(({ fleet, deployed: { fleetId } }) => ({ fleet, fleetId }));
  const fleetIds = placed.map(({ fleetId }) => fleetId);
  if (over.length > 0) await confirm('Remove all of this?', options, context);
  printRemoval(await removeFleets(placed, context), fleetIds, context);
  return exitCodes.pass;
}

/** Fleets that are not touched: whether they will get a machine is not known yet. */
function describeYoung(fleetIds: readonly string[]): string {
  const [who, they] =
    fleetIds.length === 1 ? ['1 fleet has', 'it'] : [`${fleetIds.length} fleets have`, 'they'];
  return `${who} no machine, and may be about to get one: ${fleetIds.join(', ')}. If ${they} broke off: loadwright destroy <fleet>`;
}

function describe(fleets: readonly DeployedFleet[], { io, colors }: Context): string[] {
  return [
    formatDeployedFleets(fleets, new Date(io.now()), colors),
    '',
    ...fleets.flatMap(({ fleetId, resources }) => [
      colors.bold(fleetId),
      ...resources.map((resource) => `  ${resource}`),
    ]),
  ];
}
