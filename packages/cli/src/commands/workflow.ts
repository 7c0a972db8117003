import { isLoadwrightError } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { loadWorkflow, planActions, workflowJsonSchema } from '@loadwright/core/workflow';
import type { Command } from 'commander';
import { confirm, repeatable, requireConsent, type ConsentFlags } from '../shell/confirm.js';
import type { Context } from '../shell/context.js';
import { shellWord } from '../shell/given.js';
import { examples } from '../output/help.js';
import { formatWorkflowPlan } from '../output/workflow.js';
import { planDocument } from '../output/fleet.js';
import { carryOutWorkflow } from '../workflow/carry-out.js';
import { planFleets, totalPrice } from '../workflow/resolve.js';

type RunFlags = ConsentFlags & {
  readonly resume?: string | true;
  readonly dryRun?: boolean;
  readonly live: boolean;
};

export function configure(command: Command, context: Context): void {
  command.description('Several steps as one: deploy, run, compare, destroy.').addHelpText(
    'after',
    examples(context, [
      ['loadwright workflow run koorde-vs-chord.yaml', 'show the price, ask, carry it out'],
      ['loadwright workflow schema', 'for your editor'],
    ]),
  );
  command
    .command('run <file>')
    .description(
      'Carry out a workflow. A fleet that it deploys is removed at its end, whatever happened. An interrupted one goes on ' +
        'with --resume where it stopped. Exit codes: that of the first error; else 96 where a verdict is INVALID, 99 where ' +
        'one is FAIL, 0; 105 stopped.',
    )
    .option('--dry-run', 'print the steps and the price of all together; change nothing')
    .option('--resume [id]', 'go on with an interrupted workflow. Default: the newest of its name')
    .option('--yes', 'do not ask')
    .option('--no-live', 'plain lines instead of the live view')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright workflow run koorde-vs-chord.yaml --dry-run', 'what would happen, and its price'],
        ['loadwright workflow run koorde-vs-chord.yaml --yes', 'without a question'],
        ['loadwright workflow run koorde-vs-chord.yaml --resume', 'after a crash'],
      ]),
    )
    .action(context.action((file: string, options: RunFlags) => run(file, options, context)));
  command
    .command('schema')
    .description('The JSON Schema of workflow files, for editors.')
    .action(
      context.action(async () => {
        context.print(JSON.stringify(workflowJsonSchema(), undefined, 2));
        return exitCodes.pass;
      }),
    );
}

async function run(file: string, options: RunFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const loaded = await loadWorkflow(file, { cwd: io.cwd, environment: io.environment });
  const { workflow } = loaded;
  const actions = planActions(workflow);
  // A file that is wrong is wrong with consent, too.
  if (!options.dryRun)
    requireConsent(
      ['workflow run', `workflow run ${shellWord(file)} --dry-run`, repeatable(context)],
      options,
      context,
    );
  const parts = await planFleets(loaded, actions, context);
  const price = totalPrice(parts);
  const lines = formatWorkflowPlan({ name: workflow.name, actions, parts, price }, colors);
  if (options.dryRun) {
    if (context.json) {
      const fleets = parts.map(({ id, plan, request }) => ({ id, ...planDocument(plan, request) }));
      context.printJson({ dryRun: true, name: workflow.name, actions, fleets, price });
    } else {
      context.printText(colors.bold('Dry run: nothing is changed, nothing is sent.'), '', ...lines);
    }
    return exitCodes.pass;
  }
  if (!options.yes) {
    context.printText('', ...lines, '');
    await confirm('Carry this out?', options, context);
  }
  const { report, comparisons } = await carryOutWorkflow(
    loaded,
    actions,
    { ...options, command: `workflow run ${shellWord(file)}` },
    context,
  );
  if (context.json) {
    const { error, ...rest } = report;
    const { code, message } = isLoadwrightError(error) ? error : { code: 'INTERNAL', message: String(error) };
    context.printJson({ ...rest, ...(error !== undefined && { error: { code, message } }), comparisons });
  }
  return report.exitCode;
}
