import { jsonSchemaOf } from '@loadwright/core/command';
import { validate } from '@loadwright/core/fleet';
import type { TargetDefinition } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { builtInTargets } from '../../config/built-in-targets.js';
import type { Context } from '../../shell/context.js';
import { examples } from '../../output/help.js';
import { optionRows } from '../../output/schema-table.js';
import { formatTable } from '../../output/table.js';
import { exampleOf, findTarget } from '../../config/target.js';

export function configure(command: Command, context: Context): void {
  command
    .command('list')
    .description('The targets that come with Loadwright.')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', examples(context, [['loadwright targets list', 'all of them']]))
    .action(context.action(() => list(context)));
  command
    .command('show <target>')
    .description('Options, variables and permissions of a target: one of ours, a package or a path.')
    .option('--json', 'one JSON document on stdout, with the JSON Schema of the options')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright targets show sagemaker', 'one of ours'],
        ['loadwright targets show ./my-target.mjs', 'your own'],
      ]),
    )
    .action(context.action((reference: string) => show(reference, context)));
  command.addHelpText('after', examples(context, [['loadwright targets show sagemaker', 'what it needs']]));
}

async function list(context: Context): Promise<ExitCode> {
  const definitions = await Promise.all(
    Object.keys(builtInTargets).map(async (kind) => (await findTarget(kind, context.io)).definition),
  );
  const rows = definitions.map(({ kind, summary, emulator }) => ({
    kind,
    summary,
    emulator: Boolean(emulator),
  }));
  if (context.json) context.printJson(rows);
  else
    context.print(
      formatTable(
        ['target', 'emulator', 'tests'],
        rows.map(({ kind, summary, emulator }) => [kind, emulator ? 'yes' : 'no', summary]),
        context.colors,
      ),
    );
  return exitCodes.pass;
}

async function show(reference: string, context: Context): Promise<ExitCode> {
  const { definition } = await findTarget(reference, context.io);
  const options = validate(definition.options, definition.example, { field: 'example' });
  const document = {
    kind: definition.kind,
    summary: definition.summary,
    emulator: Boolean(definition.emulator),
    options: jsonSchemaOf(definition.options),
    variables: definition.environment?.(options) ?? [],
    iamStatements: definition.iamStatements?.(options) ?? [],
    example: { kind: definition.kind, ...exampleOf(definition) },
  };
  if (context.json) context.printJson(document);
  else context.print(...describe(definition, document, context));
  return exitCodes.pass;
}

function describe(
  { kind, summary, emulator }: TargetDefinition,
  {
    options,
    variables,
    iamStatements,
    example,
  }: {
    options: ReturnType<typeof jsonSchemaOf>;
    variables: ReturnType<NonNullable<TargetDefinition['environment']>>;
    iamStatements: ReturnType<NonNullable<TargetDefinition['iamStatements']>>;
    example: object;
  },
  { colors, io }: Context,
): string[] {
  // Through a pipe nothing is cut: whoever searches in it is to find every value that is allowed.
  const width = io.stdout.isTTY ? Math.max(30, (io.stdout.columns || 100) - 56) : undefined;
  const fit = (text: string, longest: number) => (width === undefined ? text : shorten(text, longest));
  const section = (title: string, ...lines: string[]) => ['', colors.bold(title), ...lines];
  const lines = [
    `${colors.bold(kind)}: ${summary}`,
    ...section(
      'Options',
      formatTable(
        ['name', 'type', 'default', 'meaning'],
        optionRows(options).map((row) => [
          row.name,
          fit(row.type, 20),
          row.required ? colors.yellow('required') : fit(row.default ?? '', 16),
          row.secret ? `${row.description} (secret)` : row.description,
        ]),
        colors,
        width,
      ),
    ),
  ];
  if (variables.length > 0) {
    const rows = variables.map(({ name, secret, required, description }) => [
      name,
      [required ? 'required' : 'optional', ...(secret ? ['secret'] : [])].join(', '),
      description,
    ]);
    lines.push(...section('Variables', formatTable(['name', '', 'meaning'], rows, colors, width)));
  }
  if (iamStatements.length > 0)
    lines.push(...section('Permissions (for the example below)', indent(iamStatements)));
  lines.push(...section('Example', indent(example)));
  lines.push('', emulator ? `A local stand-in: loadwright emulate ${kind}` : 'It has no emulator.');
  return lines;
}

function indent(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(/^/gm, '  ');
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
