import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { LoadwrightError, type Finding } from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';

/** AWS's own programs that open a session; the second is installed by hand. */
const programs = ['aws', 'session-manager-plugin'];

/** Looks for these programs where a shell would; whether they work is another question. */
export function findSessionPrograms(environment: Environment): { readonly missing: readonly string[] } {
  const { PATH = '' } = { ...process.env, ...environment };
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  const isThere = (program: string) => folders.some((folder) => isExecutable(join(folder, program)));
  return { missing: programs.filter((program) => !isThere(program)) };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Are the programs here that forward a port to a machine without a public address? */
export async function checkSessionManager(
  environment: Environment,
): Promise<string | Omit<Finding, 'subject'>> {
  const found = await Promise.all(programs.map((program) => answers(program, environment)));
  const missing = programs.filter((_, index) => !found[index]);
  if (missing.length === 0) return `${programs.join(' and ')} are installed`;
  return {
    state: 'problem',
    detail: `not found on this machine: ${missing.join(', ')}`,
    remedy:
      'Install the AWS CLI and its plugin: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html. Or set access: https.',
  };
}

/** @throws LoadwrightError `CONFIG_INVALID` when a program is missing. */
export async function requireSessionManager(environment: Environment): Promise<void> {
  const finding = await checkSessionManager(environment);
  if (typeof finding === 'string') return;
  const { detail, remedy } = finding;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.access: session-manager needs programs that were ${detail}`,
    {
      ...(remedy !== undefined && { hint: remedy }),
    },
  );
}

async function answers(program: string, environment: Environment): Promise<boolean> {
  try {
    await promisify(execFile)(program, ['--version'], {
      env: { ...process.env, ...environment },
      timeout: 10_000,
    });
    return true;
  } catch {
    return false;
  }
}
