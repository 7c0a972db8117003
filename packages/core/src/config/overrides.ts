import { resolve } from 'node:path';
import { fieldsOfOtherModel } from '../load/arrivals.js';
import { LoadwrightError } from '../errors.js';
import { validate } from '../validation/validate.js';
import { parseNumber } from '../values/parse-number.js';
import { isPlainObject } from '../values/json-number.js';
import { settings, type Setting } from './settings.js';

/** A value from a variable or a flag. */
export interface Override {
  readonly path: string;
  /** `environment LOADWRIGHT_USERS` or `flag --users` */
  readonly origin: string;
  /** Converts the text. Throws `CONFIG_INVALID`, which names the variable or the flag. */
  readonly read: () => unknown;
}

/** Where the texts come from. */
export interface OverrideSources {
  /** Folders start from here. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** The settings that a variable or a flag gives; the flag wins. An empty variable is as good as none. */
export function findOverrides({ cwd, environment, flags }: OverrideSources): Override[] {
  return settings.flatMap((setting) => {
    const { path, variable, flag } = setting;
    const fromFlag = flags[flag];
    if (fromFlag !== undefined) {
      return [{ path, origin: `flag ${flag}`, read: () => read(fromFlag, setting, flag, cwd) }];
    }
    const fromVariable = environment[variable];
    if (!fromVariable) return [];
    return [
      { path, origin: `environment ${variable}`, read: () => read(fromVariable, setting, variable, cwd) },
    ];
  });
}

function read(text: string, { path, type, schema }: Setting, source: string, cwd: string): unknown {
  const value = type === 'number' ? (parseNumber(text) ?? text) : text;
  const valid = validate(schema, value, { field: `${source} (${path})` });
  return type === 'folder' ? resolve(cwd, text) : valid;
}

/** Sets the value at a dotted path, making what is missing on the way. */
export function setPath(config: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let parent = config;
  for (const key of keys) {
    const child = parent[key];
    parent = parent[key] = isPlainObject(child) ? child : {};
  }
  parent[last] = value;
}

/**
 * Refuses flags that name both models of load: the file is not to blame for them.
 *
 * @throws LoadwrightError `CONFIG_INVALID`
 */
export function requireOneModel(flags: OverrideSources['flags']): void {
  const [users, rate] = ['--users', '--arrival-rate'] as const;
  if (flags[users] === undefined || flags[rate] === undefined) return;
  throw new LoadwrightError('CONFIG_INVALID', `found ${users} together with ${rate}, expected one of them`, {
    hint: `Give ${users} for users that wait for their answers, or ${rate} for arrivals at a rate.`,
  });
}

/**
 * Removes from the load of a configuration what means nothing beside the model of load that flags name.
 *
 * @returns the dotted paths that were removed.
 */
export function leaveOutOtherModel(
  { load }: Readonly<Record<string, unknown>>,
  flags: OverrideSources['flags'],
): string[] {
  if (!isPlainObject(load)) return [];
  const given = settings.filter(({ flag }) => flags[flag] !== undefined).map(({ path }) => path);
  const fields = fieldsOfOtherModel(load, new Set(given.map((path) => path.replace(/^load\./, ''))));
  for (const field of fields) delete load[field];
  return fields.map((field) => `load.${field}`);
}
