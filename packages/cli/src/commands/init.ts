import { basename, join } from 'node:path';
import { jsonSchemaOf, writeWhole } from '@loadwright/core/command';
import { LoadwrightError, type TargetDefinition } from '@loadwright/core';
import { findConfigFile } from '@loadwright/core/config';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { builtInTargets } from '../config/built-in-targets.js';
import type { Context } from '../shell/context.js';
import { configFormats, firstConfig, formatConfig, type ConfigFormat } from '../init/config-file.js';
import { askFormat, askLoad, askOptions, askPayloads, askTarget } from '../init/questions.js';
import { examples } from '../output/help.js';
import { exampleOf, findTarget } from '../config/target.js';

interface InitOptions {
  readonly target?: string;
  readonly format?: ConfigFormat;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Write a configuration file that runs at once, against the emulator of its target: loadwright run --emulator.',
    )
    .option(
      '--target <target>',
      `what is tested: ${Object.keys(builtInTargets).join(', ')}, a package or a path`,
    )
    .addOption(new Option('--format <format>', 'kind of file (default: ts)').choices([...configFormats]))
    .option('--yes', 'ask nothing: example values for what is not given')
    .option('--force', 'overwrite a configuration file that exists')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright init', 'answer questions'],
        ['loadwright init databricks --yes', 'ask nothing'],
        ['loadwright init dht --format yaml --yes', 'as YAML'],
      ]),
    )
    .action(context.action((kind: string | undefined, options: InitOptions) => init(kind, options, context)));
}

async function init(kind: string | undefined, options: InitOptions, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const named = kind ?? options.target;
  const asks = !options.yes && io.stdin.isTTY === true && io.stdout.isTTY === true;
  if (named === undefined && !asks) {
    throw new LoadwrightError('USAGE', 'init: which target? There is no terminal to ask on', {
      hint: `name one: loadwright init sagemaker --yes (targets: ${Object.keys(builtInTargets).join(', ')})`,
    });
  }
  await refuseToOverwrite(options, context);
  const { definition } = await findTarget(named ?? (await askTarget(io)), io);
  const format = options.format ?? (asks ? await askFormat(io) : 'ts');
  const example = exampleOf(definition);
  const answers = asks
    ? {
        ...(await askOptions(requiredTexts(definition), example, io)),
        ...(takesPayloads(definition) && (await askPayloads(io))),
      }
    : {};
  const load = asks ? await askLoad(io) : undefined;
  const file = `loadwright.config.${format}`;
  const text = formatConfig(firstConfig(named ?? definition.kind, { ...example, ...answers }, load), format);
  await writeWhole(join(io.cwd, file), text, { mode: 0o666 });
  context.print(
    `${colors.green('✓')} ${file}`,
    '',
    ...(definition.emulator
      ? [
          `  ${colors.cyan('loadwright run --emulator')}   try it on this machine, with a stand-in for the service`,
        ]
      : []),
    `  ${colors.cyan('loadwright doctor')}           see what is missing for the real service`,
    `  ${colors.cyan('loadwright run')}              load the real service`,
  );
  return exitCodes.pass;
}

async function refuseToOverwrite({ force }: InitOptions, { io }: Context): Promise<void> {
  if (force) return;
  const file = await findConfigFile(io.cwd);
  if (file === undefined) return;
  throw new LoadwrightError('CONFIG_INVALID', `${basename(file)} exists already`, {
    hint: 'edit it, remove it, or overwrite it with --force',
  });
}

function takesPayloads(definition: TargetDefinition): boolean {
  const { properties = {} } = jsonSchemaOf(definition.options) as { properties?: Record<string, unknown> };
  return 'payloads' in properties;
}

/** The options without which the target cannot do, and that a person can type. */
function requiredTexts(definition: TargetDefinition) {
  const schema = jsonSchemaOf(definition.options);
  const required = (schema['required'] ?? []) as string[];
  const properties = (schema['properties'] ?? {}) as Record<string, { type?: unknown; description?: string }>;
  return required
    .filter((name) => properties[name]?.type === 'string')
    .map((name) => ({ name, description: properties[name]?.description ?? '' }));
}
