import { isLoaded, masterOf } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { confirm, requireConsent, type ConsentFlags } from '../confirm.js';
import type { Context } from '../context.js';
import { examples } from '../output/help.js';
import { describeTest } from '../output/load.js';
import { printRemoval, removeRuns } from '../removal.js';
import { requireName } from '../run-name.js';
import { addFleetFlags, findFleet, findRunId, type FleetFlags, type LastingFleet } from '../standing.js';

type DestroyFlags = FleetFlags & ConsentFlags;

/** Characters of a run id that name it where nobody is asked. */
const shortestUnasked = 6;

/** How long a master may take to say whether it has a load, in milliseconds. */
const answerMilliseconds = 5000;

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'Remove everything of a run, in whatever state it is, and look again. Works from any machine, and may be repeated. ' +
        'Exit codes: 0 nothing is left, 98 something may be left: it is listed, or its run is named; 105 stopped before ' +
        'anything was removed.',
    )
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright destroy 4f32386de5', 'a part of the run id is enough'],
        ['loadwright destroy 4f32386de5 --yes', `without a question: ${shortestUnasked} characters at least`],
        ['loadwright destroy 4f32386de5 --fleet ec2 --region eu-west-1', 'without a configuration file'],
      ]),
    )
    .action(context.action((run: string, options: DestroyFlags) => destroy(run, options, context)));
}

async function destroy(reference: string, options: DestroyFlags, context: Context): Promise<ExitCode> {
  requireConsent(['destroy', 'list'], options, context);
  requireName(reference, options.yes ? { shortest: shortestUnasked } : {});
  const fleet = await findFleet(options, context, { command: 'destroy', run: reference });
  const runId = await findRunId(fleet, reference);
  const inventory = await fleet.lasting.inventory(runId);
  const tell = context.json ? context.note : context.print;
  if (inventory.length > 0) {
    tell(
      context.colors.bold(`To be removed of run ${runId}`),
      ...inventory.map(({ resource }) => `  ${resource}`),
    );
    const warning = options.yes ? undefined : await warningOf(fleet, runId, context);
    if (warning !== undefined) tell(warning);
    await confirm(`Remove ${inventory.length === 1 ? 'it' : `these ${inventory.length}`}?`, options, context);
  }
  // Also when nothing was found: what was made a moment ago may not be listed yet, and the fleet's own removal waits for it.
  printRemoval(await removeRuns([{ fleet, runId }], context), [runId], context);
  return exitCodes.pass;
}

/** What is lost with a run whose load is under way. Whoever removes one need not reach its master. */
async function warningOf(
  fleet: LastingFleet,
  runId: string,
  { colors }: Context,
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const statistics = await masterOf(await fleet.attach(runId, { signal })).statistics({ signal });
    if (!isLoaded(statistics)) return undefined;
    return `${colors.yellow('!')} a load is under way, and what it measures is lost: ${describeTest(statistics)}`;
  } catch {
    return undefined;
  }
}
