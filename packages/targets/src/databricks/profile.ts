import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LoadwrightError, type TargetContext } from '@loadwright/core/target';
import {
  clientIdVariable,
  clientSecretVariable,
  hostVariable,
  isSameHost,
  profileVariable,
  tokenVariable,
} from './variables.js';

/** What the file calls the credentials, and the variable of each. */
const keys = {
  token: tokenVariable,
  client_id: clientIdVariable,
  client_secret: clientSecretVariable,
} as const;

/** A profile of the file. */
interface Profile {
  readonly name: string;
  /** Path of the file. */
  readonly file: string;
  /** By key, in lower case. Undefined: the file has no such profile. */
  readonly section: ReadonlyMap<string, string> | undefined;
}

/**
 * A profile of `~/.databrickscfg`, or of the file that `DATABRICKS_CONFIG_FILE` names.
 *
 * @param named Undefined: the default profile of the file, which is `DEFAULT` unless its `__settings__` name another one.
 */
export function readProfile(named: string | undefined, environment: TargetContext['environment']): Profile {
  const file =
    environment['DATABRICKS_CONFIG_FILE'] || join(environment['HOME'] || homedir(), '.databrickscfg');
  const sections = sectionsOf(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const name = named ?? (sections.get('__settings__')?.get('default_profile') || 'DEFAULT');
  return { name, file, section: sections.get(name) };
}

/** Whether a profile holds credentials that a load can use. */
export function credentialsIn(section: ReadonlyMap<string, string>): boolean {
  return Boolean(section.get('token') || (section.get('client_id') && section.get('client_secret')));
}

/** The error about a profile that was named and does not exist. */
export function profileMissing({ name, file }: Profile): LoadwrightError {
  return new LoadwrightError('CREDENTIALS_INVALID', `The profile "${name}" of ${file} does not exist.`, {
    hint:
      'Write it with `databricks configure --profile`, choose another one with the option profile or the variable ' +
      `${profileVariable}, or name the file with DATABRICKS_CONFIG_FILE.`,
  });
}

/**
 * The credentials of a profile.
 *
 * @param named Undefined: the default profile, whose credentials count only if they are of this workspace.
 * @returns By variable.
 * @throws `CREDENTIALS_INVALID` when the named profile is not there, is of another workspace, or holds none.
 */
export function credentialsOfProfile(
  named: string | undefined,
  { baseUrl }: { readonly baseUrl: string },
  environment: TargetContext['environment'],
): Partial<Record<string, string>> {
  const profile = readProfile(named, environment);
  const { section } = profile;
  const error = section === undefined ? profileMissing(profile) : problemOf(profile, section, baseUrl);
  if (section !== undefined && error === undefined)
    return Object.fromEntries(Object.entries(keys).map(([key, variable]) => [variable, section.get(key)]));
  if (named === undefined) return {};
  throw error!;
}

function problemOf(
  { name, file }: Profile,
  section: ReadonlyMap<string, string>,
  baseUrl: string,
): LoadwrightError | undefined {
  const refused = (what: string, hint: string) =>
    new LoadwrightError('CREDENTIALS_INVALID', `The profile "${name}" of ${file} ${what}.`, { hint });
  const host = section.get('host') || 'no host';
  if (!isSameHost(host, baseUrl)) {
    return refused(
      `is of ${host}, and baseUrl is ${baseUrl}`,
      `Choose the profile of the workspace that is tested, or correct baseUrl: where it is not written, ${hostVariable} ` +
        'comes before the host of a profile.',
    );
  }
  if (credentialsIn(section)) return undefined;
  const kind = section.get('auth_type');
  return refused(
    `holds neither a token nor client_id and client_secret${kind ? ` (its auth_type is ${kind})` : ''}`,
    'The login of a person ends within the hour and stays on this machine. Give the profile the client_id and ' +
      'client_secret of a service principal.',
  );
}

/** The subset of INI that the file is in: sections, `key = value`, comments of whole lines. */
function sectionsOf(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = /^\[(.+)\]\s*$/.exec(line)?.[1];
    if (name !== undefined) sections.set(name.trim(), (section = new Map<string, string>()));
    const [, key, value] = /^([A-Za-z_]\w*)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) section?.set(key.toLowerCase(), value);
  }
  return sections;
}
