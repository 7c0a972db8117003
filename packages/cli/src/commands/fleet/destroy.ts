import { isLoadRunning, openFleet } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { confirm, repeatable, requireConsent, type ConsentFlags } from '../../shell/confirm.js';
import type { Context } from '../../shell/context.js';
import { exampleOf } from '../../fleet/fleet-kinds.js';
import { examples } from '../../output/help.js';
import { describeTest } from '../../output/load.js';
import { printRemoval, removeFleets } from '../../fleet/remove.js';
import { requireName } from '../../fleet/name.js';
import { findFleet, findFleetId, type LastingFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

type DestroyFlags = FleetFlags & ConsentFlags;

/** Characters of a fleet id that name it where nobody is asked. */
const shortestUnasked = 6;

/** How long a master may take to say whether it has a load, in milliseconds. */
const answerMilliseconds = 5000;

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetFlags(command, context)
    .description(
      'Remove every resource of a fleet, in whatever state it is, and look again. Works from any machine, and may be repeated. ' +
        'Exit codes: 0 nothing is left, 98 resources may remain: they are listed, or their fleet is named; 105 stopped ' +
        'before anything was removed.',
    )
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright destroy 4f32386de5', 'a part of the fleet id is enough'],
        ['loadwright destroy 4f32386de5 --yes', `without a question: ${shortestUnasked} characters at least`],
        [`loadwright destroy 4f32386de5 ${example.flags}`, 'without a configuration file'],
      ]),
    )
    .action(context.action((fleet: string, options: DestroyFlags) => destroy(fleet, options, context)));
}

async function destroy(reference: string, options: DestroyFlags, context: Context): Promise<ExitCode> {
  requireConsent(['destroy', 'list', repeatable(context)], options, context);
  requireName(reference, options.yes ? { shortest: shortestUnasked } : {});
  const fleet = await findFleet(options, context, { command: 'destroy', reference });
  const fleetId = await findFleetId(fleet, reference, context);
  const inventory = await fleet.lasting.inventory(fleetId);
  const tell = context.json ? context.note : context.print;
  if (inventory.length > 0) {
    tell(
      context.colors.bold(`Resources of fleet ${fleetId} to remove`),
      ...inventory.map(({ resource }) => `  ${resource}`),
    );
    const warning = options.yes ? undefined : await warningOf(fleet, fleetId, context);
    if (warning !== undefined) tell(warning);
    await confirm(`Remove ${inventory.length === 1 ? 'it' : `these ${inventory.length}`}?`, options, context);
  }
  // Also when nothing was found: what was made a moment ago may not be listed yet, and the fleet's own removal waits for it.
  printRemoval(await removeFleets([{ fleet, fleetId }], context), [fleetId], context);
  return exitCodes.pass;
}

/** What is lost with a fleet whose load is running. Removing one needs no answer of its master. */
async function warningOf(
  fleet: LastingFleet,
  fleetId: string,
  { colors }: Context,
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const opened = await openFleet(fleet, fleetId, { signal });
    const statistics = await opened.statistics({ signal });
    if (!isLoadRunning(statistics)) return undefined;
    return `${colors.yellow('!')} a load is running, and its measurements will be lost: ${describeTest(statistics)}`;
  } catch {
    return undefined;
  }
}
