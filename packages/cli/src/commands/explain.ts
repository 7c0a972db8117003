import { LoadwrightError } from '@loadwright/core/errors';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { catalogue, explanationOf } from '../explain/index.js';
import { examples } from '../output/help.js';
import type { Context } from '../shell/context.js';

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Explain an error code, a kind of failure or a reason for INVALID: what it means, its usual causes, and what to do. ' +
        'Without a name, list them all.',
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright explain CREDENTIALS_INVALID', 'the code below an error'],
        ['loadwright explain timeout', 'a kind of failure in the report'],
        ['loadwright explain generator-cpu', 'a reason for INVALID'],
      ]),
    )
    .action(context.action((name: string | undefined) => explain(name, context)));
}

async function explain(name: string | undefined, context: Context): Promise<ExitCode> {
  if (name === undefined) list(context);
  else show(name, context);
  return exitCodes.pass;
}

const titles = {
  errors: 'Error codes',
  failures: 'Kinds of failures',
  invalid: 'Reasons for INVALID',
} as const;

function list(context: Context): void {
  const names = Object.entries(titles).map(([folder, title]: [string, string]) => {
    const { [folder as keyof typeof titles]: entries } = catalogue;
    return { title, names: Object.keys(entries).filter((name) => !entries[name]!.isWarning) };
  });
  const warnings = Object.keys(catalogue.invalid).filter((name) => catalogue.invalid[name]!.isWarning);
  names.push({ title: 'Warnings', names: warnings });
  if (context.json) {
    context.printJson(Object.fromEntries(names.map(({ title, names: each }) => [title, each])));
    return;
  }
  for (const { title, names: each } of names) {
    context.print(context.colors.bold(title));
    context.printText(`  ${each.join(', ')}`);
  }
}

function show(name: string, context: Context): void {
  const found = explanationOf(name);
  if (!found) {
    throw new LoadwrightError('USAGE', `There is no code, kind of failure or reason called "${name}".`, {
      hint: 'See the list: loadwright explain',
    });
  }
  if (context.json) {
    context.printJson(found);
    return;
  }
  const { id, kind, meaning, causes, steps, page, pages } = found;
  const items = (lines: readonly string[]) => lines.map((line) => `  - ${context.asTyped(line)}`);
  context.print(`${context.colors.bold(id)}, ${kind}`);
  context.printText(meaning, '', 'Usual causes', ...items(causes), '', 'What to do', ...items(steps));
  context.print('', context.colors.dim(`more: ${[page, ...pages].map((each) => `docs/${each}`).join(', ')}`));
}
