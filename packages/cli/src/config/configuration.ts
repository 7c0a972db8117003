import { resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { findConfigFile, loadConfig, settings, type LoadedConfig } from '@loadwright/core/config';
import type { Command } from 'commander';
import { builtInTargets } from './built-in-targets.js';
import { withHint } from './with-hint.js';
import type { CliIo } from '../shell/io.js';
import { camelCase, collect } from '../shell/parse.js';

/** What the flags of a command say about the configuration. */
export interface ConfigurationFlags {
  readonly config?: string;
  readonly threshold?: readonly string[];
  readonly [flag: string]: unknown;
}

/**
 * Gives a command the flags that change the configuration: the file, every setting, and thresholds.
 *
 * @param without Flags that mean something else to the command: `--name`.
 */
export function addConfigurationFlags(command: Command, without: readonly string[] = []): Command {
  const shown = settings.filter(({ flag }) => !without.includes(flag));
  return addSettingFlags(command, shown).option(
    '--threshold <threshold>',
    "what must hold, instead of the file's for that metric: 'http_req_duration: p(95)<200'; may be repeated",
    collect,
  );
}

/** Gives a command the flags that change the load: the file, and the settings of the load and of where it goes. */
export function addLoadFlags(command: Command): Command {
  return addSettingFlags(
    command,
    settings.filter(({ path }) => /^(load|target)\./.test(path)),
  );
}

function addSettingFlags(command: Command, shown: typeof settings): Command {
  command.option('--config <file>', 'the configuration file (default: loadwright.config.* of this folder)');
  for (const { flag, type, description, variable } of shown) {
    command.option(`${flag} <${type}>`, `${description} (variable ${variable})`);
  }
  return command;
}

/**
 * The configuration of this folder, for a command that tests its target: defaults < file < environment < flags. Notes say what no
 * file shows.
 *
 * @param command The command whose help lists the flags.
 */
export async function loadConfiguration(
  flags: ConfigurationFlags,
  io: CliIo,
  command = 'run',
): Promise<LoadedConfig> {
  const loaded = await readConfiguration(flags, io, command);
  if (loaded.leftOut.length > 0) {
    const flag = flags['arrivalRate'] === undefined ? '--users' : '--arrival-rate';
    io.stderr.write(`note: ${flag} overrides ${loaded.leftOut.join(', ')}\n`);
  }
  if (flags['emulator'] !== true) {
    for (const path of loaded.found) {
      const value = (loaded.config.target.options as Record<string, unknown>)[path.replace('target.', '')];
      io.stderr.write(`note: ${path} is ${String(value)} (${loaded.origins[path]})\n`);
    }
  }
  return loaded;
}

/**
 * The configuration of this folder, without notes: for a command that needs to know where results or a fleet are.
 *
 * @param command The command whose help lists the flags.
 */
export async function readConfiguration(
  flags: ConfigurationFlags,
  io: CliIo,
  command = 'run',
): Promise<LoadedConfig> {
  const given = settings.flatMap(({ flag }) => {
    const value = flags[camelCase(flag)];
    return typeof value === 'string' ? [[flag, value] as const] : [];
  });
  const help = `flags and variables with what they take: loadwright ${command} --help`;
  // Elsewhere it names a profile of AWS.
  const profile =
    flags['profile'] === undefined
      ? ''
      : '. --profile is the shape of the load; a profile of AWS: AWS_PROFILE';
  const loaded = await withHint(`${help}${profile}`, () =>
    loadConfig({
      cwd: io.cwd,
      ...(flags.config !== undefined && { file: flags.config }),
      environment: io.environment,
      flags: Object.fromEntries(given),
      builtInTargets,
    }),
  );
  const thresholds = parseThresholdFlags(flags.threshold ?? []);
  const origins = Object.keys(thresholds).map(
    (metric) => [`thresholds.${metric}`, 'flag --threshold'] as const,
  );
  return {
    ...loaded,
    config: { ...loaded.config, thresholds: { ...loaded.config.thresholds, ...thresholds } },
    origins: { ...loaded.origins, ...Object.fromEntries(origins) },
  };
}

/** The folder of all results of a configuration. */
export function resultsOf({ baseDirectory, config }: LoadedConfig): string {
  return resolve(baseDirectory, config.results);
}

/** The folder of past results: the flag, the variable, the configuration if there is one, or `results`. */
export async function findResults(flag: string | undefined, io: CliIo): Promise<string> {
  const given = flag ?? io.environment['LOADWRIGHT_RESULTS'];
  if (given) return resolve(io.cwd, given);
  const file = await findConfigFile(io.cwd);
  return file === undefined ? resolve(io.cwd, 'results') : resultsOf(await readConfiguration({}, io));
}

function parseThresholdFlags(texts: readonly string[]): Record<string, string[]> {
  const thresholds = new Map<string, string[]>();
  for (const text of texts) {
    const [, metric, expression] = /^\s*([^:{\s]+(?:\{[^}]*\})?)\s*:\s*(.+?)\s*$/.exec(text) ?? [];
    if (metric === undefined || expression === undefined) {
      throw new LoadwrightError(
        'THRESHOLD_INVALID',
        `--threshold: found "${text}", expected metric: expression`,
        {
          hint: "for example --threshold 'http_req_duration: p(95)<200'",
        },
      );
    }
    thresholds.set(metric, [...(thresholds.get(metric) ?? []), expression]);
  }
  return Object.fromEntries(thresholds);
}
