import type { StandingRun } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { confirm, requireConsent, type ConsentFlags } from '../confirm.js';
import type { Context } from '../context.js';
import { formatStandingRuns } from '../output/fleet.js';
import { examples } from '../output/help.js';
import { printRemoval, removeRuns } from '../removal.js';
import { addFleetFlags, findStandingRuns, type FleetFlags } from '../standing.js';

type CollectFlags = FleetFlags & ConsentFlags & { readonly dryRun?: boolean };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'Remove what runs left behind: those whose time is over, and those without a machine that could make load. One ' +
        'that began less than an hour ago may still get its machine: it is named, and left alone. ' +
        'Exit codes: as of destroy.',
    )
    .option('--dry-run', 'only show it')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright gc --dry-run', 'what was left behind'],
        ['loadwright gc --yes', 'remove it without a question'],
      ]),
    )
    .action(context.action((options: CollectFlags) => collect(options, context)));
}

async function collect(options: CollectFlags, context: Context): Promise<ExitCode> {
  if (!options.dryRun) requireConsent(['gc', 'gc --dry-run'], options, context);
  const { found, place } = await findStandingRuns(options, context, 'gc');
  const left = found.filter(({ run: { state } }) => state === 'expired' || state === 'orphaned');
  const over = left.map(({ run }) => run);
  const young = found.flatMap(({ run: { state, runId } }) => (state === 'incomplete' ? [runId] : []));
  if (options.dryRun && context.json) {
    context.printJson({ dryRun: true, runs: over, incomplete: young });
    return exitCodes.pass;
  }
  const tell = context.json ? context.note : context.print;
  tell(...(over.length > 0 ? describe(over, context) : [`Nothing was left behind in ${place}.`]));
  if (young.length > 0) tell(`${context.colors.yellow('!')} ${describeYoung(young)}`);
  if (options.dryRun || (over.length === 0 && !context.json)) return exitCodes.pass;
  const runs = left.map(({ fleet, run: { runId } }) => ({ fleet, runId }));
  const runIds = runs.map(({ runId }) => runId);
  if (over.length > 0) await confirm('Remove all of this?', options, context);
  printRemoval(await removeRuns(runs, context), runIds, context);
  return exitCodes.pass;
}

/** Runs that are left alone: whether they are over is not known yet. */
function describeYoung(runIds: readonly string[]): string {
  const [who, they] = runIds.length === 1 ? ['1 run has', 'it'] : [`${runIds.length} runs have`, 'they'];
  return `${who} no machine, and may be about to get one: ${runIds.join(', ')}. If ${they} broke off: loadwright destroy <run>`;
}

function describe(runs: readonly StandingRun[], { io, colors }: Context): string[] {
  return [
    formatStandingRuns(runs, new Date(io.now()), colors),
    '',
    ...runs.flatMap(({ runId, resources }) => [
      colors.bold(runId),
      ...resources.map((resource) => `  ${resource}`),
    ]),
  ];
}
