import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { jsonSchemaOf, writeWhole } from '@loadwright/core/command';
import {
  isLoadwrightError,
  LoadwrightError,
  type LoadProfileInput,
  type TargetDefinition,
} from '@loadwright/core';
import { findConfigFile, settings } from '@loadwright/core/config';
import { resolveTestLoad, validate } from '@loadwright/core/fleet';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { builtInTargets } from '../../config/built-in-targets.js';
import type { Context } from '../../shell/context.js';
import {
  configFormats,
  firstConfig,
  firstLoad,
  formatConfig,
  type ConfigFormat,
} from '../../init/config-file.js';
import { askLoad, askOptions, askPayloads, askTarget, askWhere } from '../../init/questions.js';
import { examples } from '../../output/help.js';
import { assignments, collect, numberOrText } from '../../shell/parse.js';
import { exampleOf, findTarget } from '../../config/target.js';

const payloadFile = 'payloads.jsonl';

interface InitOptions {
  readonly target?: string;
  readonly format?: ConfigFormat;
  readonly set?: readonly string[];
  readonly users?: string;
  readonly arrivalRate?: string;
  readonly duration?: string;
  readonly payloadFile?: boolean;
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
    .option('--set <name=value>', 'an option of the target, such as its address; may be repeated', collect)
    .option('--users <number>', 'users of the load, instead of 20')
    .option('--arrival-rate <rate>', 'requests a second instead of users, such as 50/s')
    .option('--duration <duration>', 'length of the load, instead of 1m')
    .option(
      '--payload-file',
      `the example's request bodies as ${payloadFile}, to be filled with those of the service`,
    )
    .option('--yes', 'ask nothing: example values for what is not given')
    .option('--force', 'overwrite a configuration file that exists')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright init', 'answer questions'],
        ['loadwright init databricks --yes', 'ask nothing'],
        ['loadwright init dht --format yaml --yes', 'as YAML'],
        ['loadwright init rest --set baseUrl=http://127.0.0.1:8000 --arrival-rate 50/s --yes', 'with values'],
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
  const format = options.format ?? 'ts';
  const given = assignments(options.set);
  const answers = asks ? await askAboutService(definition, given, context) : {};
  const load = loadOf(options) ?? (asks ? await askLoad(io) : firstLoad);
  namingFlags(() => resolveTestLoad(load as LoadProfileInput, 1));
  const values = { ...exampleOf(definition), ...answers, ...given };
  validate(definition.options, values, { field: 'target' });
  const payloads = options.payloadFile ? examplePayloads(values) : undefined;
  if (payloads !== undefined) await writeNew(payloadFile, payloads, options, context);
  const config = firstConfig(
    named ?? definition.kind,
    payloads === undefined ? values : { ...values, payloads: `./${payloadFile}` },
    load,
  );
  const file = `loadwright.config.${format}`;
  const text = formatConfig(config, format, await typesOf(io.cwd));
  await writeWhole(join(io.cwd, file), text, { mode: 0o666 });
  context.print(
    `${colors.green('✓')} ${file}`,
    ...(payloads === undefined ? [] : [`${colors.green('✓')} ${payloadFile}`]),
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

async function writeNew(file: string, text: string, { force }: InitOptions, { io }: Context): Promise<void> {
  const path = join(io.cwd, file);
  if (existsSync(path) && !force) {
    throw new LoadwrightError('CONFIG_INVALID', `${file} exists already`, {
      hint: 'name it in the configuration instead, remove it, or overwrite it with --force',
    });
  }
  await writeWhole(path, text, { mode: 0o666 });
}

/** Request bodies of an example, one a line; undefined where the example's bodies are made from a template. */
function examplePayloads({ payloads }: Readonly<Record<string, unknown>>): string | undefined {
  const inline = (payloads as { inline?: readonly unknown[] } | undefined)?.inline;
  return inline?.map((body) => `${JSON.stringify(body)}\n`).join('');
}

/** Where the service is, and what is sent to it: the example's answers do for its stand-in. */
async function askAboutService(
  definition: TargetDefinition,
  given: Readonly<Record<string, unknown>>,
  { io }: Context,
): Promise<Record<string, unknown>> {
  if (definition.emulator && (await askWhere(definition.kind, io)) === 'emulator') return {};
  const open = requiredTexts(definition).filter(({ name }) => !(name in given));
  return {
    ...(await askOptions(open, exampleOf(definition), io)),
    ...(takesPayloads(definition) && !('payloads' in given) && (await askPayloads(io))),
  };
}

/** The load that flags name, if any does. */
function loadOf({
  users,
  arrivalRate,
  duration,
}: InitOptions): Readonly<Record<string, unknown>> | undefined {
  if (users === undefined && arrivalRate === undefined && duration === undefined) return undefined;
  if (users !== undefined && arrivalRate !== undefined) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      'found --users together with --arrival-rate, expected one of them',
      {
        hint: 'Give --users for users that wait for their answers, or --arrival-rate for arrivals at a rate.',
      },
    );
  }
  const { duration: first, ...ofUsers } = firstLoad;
  return {
    ...(arrivalRate === undefined && ofUsers),
    ...(users !== undefined && { users: numberOrText(users) }),
    ...(arrivalRate !== undefined && { arrivalRate }),
    duration: duration ?? first,
  };
}

/** A load that questions or flags gave is in no file yet: its errors name the flags. */
function namingFlags(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    const message = error.message.replaceAll(/^load\.\w+/gm, (path) => {
      const setting = settings.find((each) => each.path === path);
      return setting ? `${setting.flag} (${path})` : path;
    });
    throw new LoadwrightError(error.code, message, { ...(error.hint && { hint: error.hint }), cause: error });
  }
}

/** The module that has the type of a configuration: that of the package which a project has. */
async function typesOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  return /"loadwright"\s*:/.test(text) ? 'loadwright/config' : '@loadwright/cli/config';
}

function takesPayloads(definition: TargetDefinition): boolean {
  const { properties = {} } = jsonSchemaOf(definition.options) as { properties?: Record<string, unknown> };
  return 'payloads' in properties;
}

/**
 * The options without which the target cannot do, and that a person can type. Those of the example that this machine may know too: the
 * configuration is for others as well.
 */
function requiredTexts(definition: TargetDefinition) {
  const schema = jsonSchemaOf(definition.options);
  const required = (schema['required'] ?? []) as string[];
  const properties = (schema['properties'] ?? {}) as Record<string, { type?: unknown; description?: string }>;
  const known = definition.findOptions ? Object.keys(exampleOf(definition)) : [];
  return Object.entries(properties)
    .filter(([name, { type }]) => type === 'string' && [...required, ...known].includes(name))
    .map(([name, { description = '' }]) => ({ name, description }));
}
