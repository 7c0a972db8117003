import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import type { ExitCode } from '@loadwright/core/exit-codes';
import { defineWorkflow, planActions, type RunSetup, type Workflow } from '@loadwright/core/workflow';
import type { Command } from 'commander';
import { confirm, repeatable, requireConsent, type ConsentFlags } from '../../shell/confirm.js';
import type { Context } from '../../shell/context.js';
import type { CliIo } from '../../shell/io.js';
import { collect, readPercent } from '../../shell/parse.js';
import { writeFileOf } from '../../run/compared.js';
import { examples } from '../../output/help.js';
import { formatWorkflowPlan } from '../../output/workflow.js';
import { carryOutWorkflow } from '../../workflow/carry-out.js';
import { planFleets, totalPrice } from '../../workflow/resolve.js';

interface CompareRunFlags extends ConsentFlags {
  readonly pairs: string;
  readonly config?: string;
  readonly baselineConfig?: string;
  readonly candidateConfig?: string;
  readonly baselineSet?: readonly string[];
  readonly candidateSet?: readonly string[];
  readonly shareFleet?: boolean;
  readonly failIf?: readonly string[];
  readonly require?: readonly string[];
  /** These are flags of `compare`. */
  readonly margin: string;
  readonly power: string;
  readonly html?: string;
  readonly junit?: string;
  readonly resume?: string | true;
  readonly dryRun?: boolean;
  readonly live: boolean;
}

/** `loadwright compare run`: a workflow of one comparison. */
export function configureCompareRun(command: Command, context: Context): void {
  command
    .command('run')
    .description(
      'Make the runs of both sides in turn (before, after, after, before, …), and compare them as pairs: what drifts over the ' +
        'hours cancels. Exit codes as of loadwright compare; 105 stopped.',
    )
    .option('--pairs <number>', 'runs of each side', '6')
    .option('--config <file>', 'the configuration of both sides (default: that of this folder)')
    .option('--baseline-config <file>', 'that of the side before the change')
    .option('--candidate-config <file>', 'that of the side after it')
    .option('--baseline-set <name=value>', 'a setting of that side: host=http://a; may be repeated', collect)
    .option('--candidate-set <name=value>', 'a setting of that side; may be repeated', collect)
    .option('--share-fleet', 'one fleet for all runs: they may differ in load and host alone')
    .option('--fail-if <condition>', 'exit with 99 when a difference is shown; may be repeated', collect)
    .option('--dry-run', 'print the runs and the price of all together; change nothing')
    .option('--resume [id]', 'go on with interrupted ones. Default: the newest')
    .option('--yes', 'do not ask')
    .option('--no-live', 'plain lines instead of the live view')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        [
          'loadwright compare run --baseline-config before.yaml --candidate-config after.yaml --yes',
          'six pairs, without a question',
        ],
        [
          'loadwright compare run --baseline-set host=http://a --candidate-set host=http://b --share-fleet',
          'two hosts, on one fleet',
        ],
      ]),
    )
    .action(
      // Flags that both have are taken by `compare`, wherever they are; and so are those that only it has.
      context.action((_: CompareRunFlags, self: Command) => {
        refuseFlagsOf(command);
        return compareRun(self.optsWithGlobals(), context);
      }),
    );
}

/** Flags of `compare` that choose among runs that are there, or say how to print: none of them would change anything. */
const ofCompareAlone = ['baseline', 'candidate', 'last', 'runVariation', 'format', 'results'];

/** @throws LoadwrightError `USAGE` for one of them. */
function refuseFlagsOf(compare: Command): void {
  const given = ofCompareAlone.find((name) => compare.getOptionValueSource(name) === 'cli');
  if (given === undefined) return;
  const flag = compare.options.find((option) => option.attributeName() === given)!.long!;
  throw new LoadwrightError('USAGE', `${flag}: found with compare run, which does not have it`, {
    hint: `compare run makes the runs that it compares. Leave ${flag} out; or compare runs that are there with loadwright compare.`,
  });
}

async function compareRun(options: CompareRunFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const workflow = workflowOf(options);
  const place = { workflow, baseDirectory: io.cwd };
  const actions = planActions(workflow);
  if (!options.dryRun)
    requireConsent(['compare run', 'compare run --dry-run', repeatable(context)], options, context);
  const parts = await planFleets(place, actions, context);
  const price = totalPrice(parts);
  const lines = formatWorkflowPlan({ name: workflow.name, actions, parts, price }, colors);
  if (options.dryRun && context.json) context.printJson({ dryRun: true, actions, price });
  else if (options.dryRun || !options.yes) context.printText('', ...lines, '');
  if (options.dryRun) return 0;
  await confirm('Make these runs?', options, context);
  const { report, comparisons, folderOf } = await carryOutWorkflow(
    place,
    actions,
    { ...options, command: 'compare run' },
    context,
  );
  await copyComparison(folderOf('compare'), options, io);
  if (context.json) context.printJson({ ...report, comparison: comparisons['compare'] });
  return report.exitCode;
}

/** What the flags of `compare` ask for, from what the step has left. */
async function copyComparison(
  folder: string,
  { html, junit }: Pick<CompareRunFlags, 'html' | 'junit'>,
  { cwd }: CliIo,
): Promise<void> {
  const wanted = [
    ['--html', html, 'comparison.html'],
    ['--junit', junit, 'comparison.xml'],
  ] as const;
  for (const [flag, to, name] of wanted) {
    if (to === undefined) continue;
    // Without runs of both sides there is no comparison.
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) await writeFileOf(flag, resolve(cwd, to), text);
  }
}

function workflowOf(options: CompareRunFlags): Workflow {
  const { config, shareFleet = false, failIf = [], require = [] } = options;
  const pairs = Number(options.pairs);
  const compare = {
    step: 'compare',
    name: 'compare',
    pairs,
    failIf: [...failIf],
    require: [...require],
    margin: readPercent('--margin', options.margin),
    power: readPercent('--power', options.power),
    baseline: sideOf('--baseline-set', options.baselineConfig, options.baselineSet),
    candidate: sideOf('--candidate-set', options.candidateConfig, options.candidateSet),
    ...(shareFleet && { on: 'shared' }),
  } satisfies Workflow['steps'][number];
  return defineWorkflow({
    name: 'compare',
    ...(config !== undefined && { config }),
    steps: shareFleet
      ? [
          { step: 'deploy', fleet: 'shared', ...compare.baseline },
          compare,
          { step: 'destroy', fleet: 'shared' },
        ]
      : [compare],
  });
}

/** `users=5` → `{ users: 5 }` */
function sideOf(flag: string, config: string | undefined, texts: readonly string[] = []): RunSetup {
  const set = texts.map((text) => {
    const [, name, value] = /^([A-Za-z]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new LoadwrightError('USAGE', `${flag}: found "${text}", expected name=value`, {
        hint: `for example ${flag} host=http://a.example`,
      });
    }
    return [name, /^\d+(\.\d+)?$/.test(value) ? Number(value) : value] as const;
  });
  return {
    ...(config !== undefined && { config }),
    ...(set.length > 0 && { set: Object.fromEntries(set) }),
  };
}
