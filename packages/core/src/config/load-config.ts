import { dirname } from 'node:path';
import { z } from 'zod';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import { Problems } from '../validation/problems.js';
import { loadTarget, type BuiltInTargets } from '../plugins/load-target.js';
import type { Target } from '../target/contract.js';
import { withFoundOptions } from '../target/found-options.js';
import { exportersSchema, findExporters } from './exporters.js';
import type { LoadedConfig, ResolvedConfig } from './contract.js';
import { convertVariables, settleNumbers } from './convert.js';
import { isPlainObject } from '../values/json-number.js';
import { interpolate } from './interpolate.js';
import { configJsonSchema } from './json-schema.js';
import { findOverrides, leaveOutOtherModel, requireOneModel, setPath } from './overrides.js';
import { locateConfigFile, readConfigFile } from './read-file.js';
import { byKindSchema, checkTarget, isTarget, leaves } from './target.js';
import { resultsSchema } from '../run/option-schemas.js';
import { validate } from '../validation/validate.js';

/** A target with one of its options changed; its schema says whether it has such an option. */
function withOption({ definition, options }: Target, path: string, value: unknown): Target {
  const [, ...keys] = path.split('.');
  return { definition, options: withMember(options, keys, value) };
}

/** A copy, whose other members are the same. */
function withMember(object: unknown, [key = '', ...rest]: readonly string[], value: unknown): object {
  const before = isPlainObject(object) ? object : {};
  return { ...before, [key]: rest.length === 0 ? value : withMember(before[key], rest, value) };
}

/** What {@link loadConfig} reads. */
export interface LoadConfigOptions {
  /** The folder that is searched for a file, and that `file` starts from. */
  readonly cwd: string;
  /** Path of the file. Default: `loadwright.config.*` in `cwd`. */
  readonly file?: string;
  /** Variables: those of the settings, and those that the file names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the user wrote after each flag of `settings`: `{ '--users': '200' }`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** Targets that need no installation. */
  readonly builtInTargets: BuiltInTargets;
}

/** The shape of a file. What `createLoadTest` validates is left to it, so that it can tell all problems at once. */
const fileSchema = z.strictObject({
  $schema: z.unknown().optional(),
  name: z.unknown().optional(),
  target: z.unknown().optional(),
  hosts: z.unknown().optional(),
  workers: z.unknown().optional(),
  load: z.unknown().default({}),
  thresholds: z.unknown().default({}),
  tolerate: z.unknown().optional(),
  preflight: z.unknown().optional(),
  fleet: byKindSchema.default({ kind: 'local' }),
  exporters: exportersSchema.optional(),
  results: resultsSchema.default('results'),
});

/**
 * Finds and reads the configuration: defaults < file < environment < flags. The target's plugin is loaded; the values
 * are validated by `createLoadTest`.
 *
 * @throws LoadwrightError `CONFIG_UNREADABLE`, `CONFIG_INVALID` with all problems, one a line, and what `loadTarget`
 * throws.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const file = await locateConfigFile(options.cwd, options.file);
  const baseDirectory = dirname(file);
  const content = interpolate(await readConfigFile(file), options.environment);

  const problems = new Problems(
    content.problems.map(
      (problem) =>
        new LoadwrightError('CONFIG_INVALID', problem, {
          hint: 'Set the variable, or give a default in the file: ${NAME:-default}.',
        }),
    ),
  );
  const inText: Record<string, unknown> | undefined = problems.attempt(() =>
    validate(fileSchema, content.value, { field: '', hint: `Correct ${file}.` }),
  );
  const given = problems.attempt(() => checkTarget((content.value as { target?: unknown }).target));
  problems.attempt(() => requireOneModel(options.flags));
  const overrides = findOverrides(options).map((found) => ({
    ...found,
    value: problems.attempt(found.read),
  }));
  if (!inText || !given || problems.found) throw problems.combined();

  const inFile = new Set(leaves(content.value));
  const origins = Object.fromEntries(
    leaves(inText).map((path) => [path, inFile.has(path) ? 'file' : 'default']),
  );
  delete origins.$schema;
  delete inText.$schema;

  const factory = isTarget(given)
    ? undefined
    : await loadTarget(given.kind, { from: baseDirectory, builtIn: options.builtInTargets });
  const schema = configJsonSchema(factory ? [factory.definition] : []);
  convertVariables(inText, content.replaced, schema);
  const config = settleNumbers(inText, schema);
  if (factory) {
    const { kind: _, ...targetOptions } = config.target as Record<string, unknown>;
    config.target = factory(targetOptions);
  }
  if (config.exporters)
    config.exporters = await findExporters(config.exporters as readonly unknown[], baseDirectory);
  for (const { path, value, origin } of overrides) {
    if (path.startsWith('target.')) config.target = withOption(config.target as Target, path, value);
    else setPath(config, path, value);
    origins[path] = origin;
  }
  const leftOut = leaveOutOtherModel(config, options.flags);
  for (const path of Object.keys(origins)) {
    if (leftOut.some((out) => path === out || path.startsWith(`${out}.`))) delete origins[path];
  }
  const found = findOptions(config.target as Target, options.environment);
  config.target = found.target;
  for (const [name, { origin }] of Object.entries(found.found)) origins[`target.${name}`] = origin;
  return {
    ...{ file, baseDirectory, origins, leftOut },
    found: Object.keys(found.found).map((name) => `target.${name}`),
    config: config as unknown as ResolvedConfig,
  };
}

/** A load on an emulator needs none of them: whoever needs what is contradictory here is refused by `createLoadTest`. */
function findOptions(target: Target, environment: LoadConfigOptions['environment']) {
  try {
    return withFoundOptions(target, environment);
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    return { target, found: {} };
  }
}
