import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LoadwrightError, type TargetContext } from '@loadwright/core/target';
import { clientIdVariable, clientSecretVariable, isSameHost, tokenVariable } from './variables.js';

/** What the file calls the credentials, and the variable of each. */
const keys = {
  token: tokenVariable,
  client_id: clientIdVariable,
  client_secret: clientSecretVariable,
} as const;

/**
 * The credentials of a profile in `~/.databrickscfg`, or in the file that `DATABRICKS_CONFIG_FILE` names.
 *
 * @param profile Undefined: `DEFAULT`, whose credentials count only if they are of this workspace.
 * @returns By variable.
 * @throws `CREDENTIALS_INVALID` when the named profile is not there, is of another workspace, or holds none.
 */
export async function readProfile(
  profile: string | undefined,
  { baseUrl }: { readonly baseUrl: string },
  environment: TargetContext['environment'],
): Promise<Partial<Record<string, string>>> {
  const file =
    environment['DATABRICKS_CONFIG_FILE'] || join(environment['HOME'] || homedir(), '.databrickscfg');
  const section = sectionsOf(await readFile(file, 'utf8').catch(() => '')).get(profile ?? 'DEFAULT');
  const problem = problemOf(section, baseUrl);
  if (section === undefined || problem !== undefined) {
    if (profile === undefined) return {};
    const { what, hint } = problem!;
    throw new LoadwrightError('CREDENTIALS_INVALID', `The profile "${profile}" of ${file} ${what}.`, {
      hint,
    });
  }
  return Object.fromEntries(Object.entries(keys).map(([key, variable]) => [variable, section.get(key)]));
}

function problemOf(
  section: ReadonlyMap<string, string> | undefined,
  baseUrl: string,
): { readonly what: string; readonly hint: string } | undefined {
  if (section === undefined) {
    return {
      what: 'does not exist',
      hint:
        'Write it with `databricks configure --profile`, choose another one with the option profile or the variable ' +
        'DATABRICKS_CONFIG_PROFILE, or name the file with DATABRICKS_CONFIG_FILE.',
    };
  }
  const host = section.get('host') || 'no host';
  if (!isSameHost(host, baseUrl)) {
    return {
      what: `is of ${host}, and baseUrl is ${baseUrl}`,
      hint: 'Choose the profile of the workspace that is tested, or correct baseUrl.',
    };
  }
  if (section.get('token') || (section.get('client_id') && section.get('client_secret'))) return undefined;
  const kind = section.get('auth_type');
  return {
    what: `holds neither a token nor client_id and client_secret${kind ? ` (its auth_type is ${kind})` : ''}`,
    hint:
      'The login of a person ends within the hour and stays on this machine. Give the profile the client_id and ' +
      'client_secret of a service principal.',
  };
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
