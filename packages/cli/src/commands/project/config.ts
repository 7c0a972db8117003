import { configJsonSchema } from '@loadwright/core/config';
import { messageOf } from '@loadwright/core/errors';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { describeExporters } from '@loadwright/core/exporters';
import { redactOptions } from '@loadwright/core/command';
import type { CsvFileColumns, JsonObject, JsonValue } from '@loadwright/core';
import type { Command } from 'commander';
import { builtInTargets } from '../../config/built-in-targets.js';
import {
  addConfigurationFlags,
  loadConfiguration,
  resultsOf,
  type ConfigurationFlags,
} from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { createConfiguredTest } from '../../run/load-test.js';
import { examples } from '../../output/help.js';
import { formatTable } from '../../output/table.js';
import { findTarget } from '../../config/target.js';

export function configure(command: Command, context: Context): void {
  const print = command
    .command('print')
    .description('Every value of the configuration, and where it comes from. Secrets are left out.');
  addConfigurationFlags(print)
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright config print', 'all values'],
        ['LOADWRIGHT_WORKERS=8 loadwright config print', 'with a variable'],
      ]),
    )
    .action(context.action((options: ConfigurationFlags) => printConfiguration(options, context)));
  command
    .command('schema')
    .description('The JSON Schema of a configuration file, for editors.')
    .addHelpText(
      'after',
      examples(context, [['loadwright config schema > loadwright.schema.json', 'for "$schema"']]),
    )
    .action(context.action(() => printSchema(context)));
  command.addHelpText(
    'after',
    examples(context, [['loadwright config print', 'all values, and their origin']]),
  );
}

async function printConfiguration(options: ConfigurationFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const loaded = await loadConfiguration(options, io);
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const exporters = describeExporters(loaded.config.exporters ?? [], io.environment);
  const configuration: JsonObject = {
    ...test.configuration,
    fleet: redactOptions({}, loaded.config.fleet),
    ...(loaded.config.exporters && { exporters: exporters.map((one) => one.configuration) }),
    results: resultsOf(loaded),
  };
  // A configuration may be looked at where its recording is not.
  const trace = await test.trace().catch((error: unknown) => messageOf(error));
  const csv = await test.csvColumns().catch((error: unknown) => messageOf(error));
  const values = [
    ...flatten(configuration).map(([path, value]) => ({
      path,
      value,
      origin: originOf(path, loaded.origins),
    })),
    ...exporters.flatMap(({ variables }, index) =>
      variables.map(({ name, isSet, required }) => ({
        path: `exporters[${index}]: ${name}`,
        value: isSet ? 'set' : required ? 'not set, and a run needs it' : 'not set',
        origin: `environment ${name}`,
      })),
    ),
    ...flatten((trace ?? {}) as JsonValue, 'trace').map(([path, value]) => ({
      path,
      value,
      origin: 'the recording',
    })),
    ...(typeof csv === 'string' ? [{ path: 'CSV columns', value: csv, origin: 'the file' }] : csvTypes(csv)),
  ];
  if (context.json)
    context.printJson({ file: loaded.file, configuration, values, ...(trace && { trace }), csv });
  else
    context.print(
      formatTable(
        ['value', '', 'origin'],
        values.map(({ path, value, origin }) => [path, JSON.stringify(value), origin]),
        context.colors,
      ),
    );
  return exitCodes.pass;
}

async function printSchema(context: Context): Promise<ExitCode> {
  const definitions = await Promise.all(
    Object.keys(builtInTargets).map(async (kind) => (await findTarget(kind, context.io)).definition),
  );
  context.printJson(configJsonSchema(definitions));
  return exitCodes.pass;
}

/** What each column of a CSV file is sent as. */
function csvTypes(files: readonly CsvFileColumns[]) {
  return files.flatMap(({ file, columns }) =>
    columns.map(({ name, type, isGiven }, index) => ({
      path: `${file}: ${name ?? `column ${index + 1}`}`,
      value: type,
      origin: isGiven ? 'csvTypes' : 'found in the file',
    })),
  );
}

/** The origin of a value, or that of the object that it belongs to. */
function originOf(path: string, origins: Readonly<Record<string, string>>): string {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const origin = origins[parts.slice(0, length).join('.')];
    if (origin !== undefined) return origin;
  }
  return 'default';
}

/** Dotted paths and their values; a list is one value. */
function flatten(value: JsonValue, path = ''): [string, JsonValue][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  const entries = Object.entries(value).filter((entry) => entry[1] !== undefined);
  return entries.flatMap(([key, item]) => flatten(item as JsonValue, path === '' ? key : `${path}.${key}`));
}
