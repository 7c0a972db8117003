import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LoadwrightError } from '@loadwright/core/errors';
import { execa } from 'execa';
import { z } from 'zod';
import type { Environment } from '../environment.js';

/** Who logs in to a registry: by a password, or by a token that stands for a user. */
export type RegistryCredentials =
  { readonly username: string; readonly password: string } | { readonly identityToken: string };

/** Variables with the login of the registry that an image is sent to. */
const loginVariables = {
  username: 'LOADWRIGHT_REGISTRY_USERNAME',
  password: 'LOADWRIGHT_REGISTRY_PASSWORD',
} as const;

const helperMilliseconds = 30_000;

const account = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const configSchema = z.looseObject({
  auths: z.record(z.string(), account).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

/** The name that Docker itself keeps the login of Docker Hub under. */
const keyOfDockerHub = 'https://index.docker.io/v1/';

/**
 * The login of the variables.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID` when there is but one of the two
 */
export function credentialsOfVariables(environment: Environment): RegistryCredentials | undefined {
  const username = environment[loginVariables.username];
  const password = environment[loginVariables.password];
  if (username && password) return { username, password };
  if (!username && !password) return undefined;
  const [set, missing] = username
    ? [loginVariables.username, loginVariables.password]
    : [loginVariables.password, loginVariables.username];
  throw new LoadwrightError('CREDENTIALS_INVALID', `The variable ${set} is set, and ${missing} is not.`, {
    hint: `Set both, or neither to use the credentials of docker login.`,
  });
}

/**
 * The login that `docker login` has kept for a registry: in its file, or with a program that keeps passwords.
 *
 * @param registry as people write it: `docker.io`
 * @returns undefined when there is none
 * @throws LoadwrightError `CREDENTIALS_INVALID` when the file or the program does not work
 */
export async function credentialsOfDocker(
  registry: string,
  environment: Environment,
): Promise<RegistryCredentials | undefined> {
  const file = join(
    environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker'),
    'config.json',
  );
  const config = await readConfig(file);
  if (!config) return undefined;
  const accounts = Object.entries(config.auths ?? {}).filter(([key]) => registryOf(key) === registry);
  const helper =
    Object.entries(config.credHelpers ?? {}).find(([key]) => registryOf(key) === registry)?.[1] ??
    config.credsStore;
  const key = accounts[0]?.[0] ?? (registry === 'docker.io' ? keyOfDockerHub : registry);
  const kept = helper === undefined ? undefined : await askHelper(helper, key, { file, environment });
  if (kept) return kept;
  for (const [, account] of accounts) {
    const found = credentialsOf(account);
    if (found) return found;
  }
  return undefined;
}

async function readConfig(file: string): Promise<z.infer<typeof configSchema> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unreadable(file, error, 'Make it readable for this user');
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // Without its cause: what JSON.parse and zod say may quote a password.
    throw unreadable(file, undefined, 'Correct it, or use docker login again');
  }
}

function unreadable(file: string, cause: unknown, remedy: string): LoadwrightError {
  return new LoadwrightError('CREDENTIALS_INVALID', `Docker's configuration ${file} is not readable.`, {
    hint: `${remedy}; or set ${loginVariables.username} and ${loginVariables.password}.`,
    ...(cause !== undefined && { cause }),
  });
}

/** `https://registry.example/v2/` → `registry.example` */
function registryOf(key: string): string {
  const host = key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

function credentialsOf({ auth, username, password, identitytoken }: z.infer<typeof account>) {
  if (identitytoken) return { identityToken: identitytoken };
  if (username && password) return { username, password };
  const [, name, word] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth ?? '', 'base64').toString()) ?? [];
  // Docker pads what it encodes with zeros.
  return name !== undefined && word !== undefined
    ? { username: name, password: word.replace(/\0+$/, '') }
    : undefined;
}

/** https://github.com/docker/docker-credential-helpers: the name of the registry on stdin, JSON on stdout. */
async function askHelper(
  helper: string,
  key: string,
  { file, environment }: { file: string; environment: Environment },
): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${helper}`;
  const failed = (reason: string) =>
    new LoadwrightError('CREDENTIALS_INVALID', `${program}, which ${file} names, ${reason}.`, {
      hint: `Try it with: echo ${key} | ${program} get. Or set ${loginVariables.username} and ${loginVariables.password}.`,
    });
  if (!/^[\w.-]+$/.test(helper)) throw failed('is not a valid name of a program');
  const {
    stdout,
    failed: hasFailed,
    exitCode,
    timedOut,
    code,
  } = await execa(program, ['get'], {
    input: key,
    env: environment,
    extendEnv: false,
    timeout: helperMilliseconds,
    reject: false,
  });
  if (code === 'ENOENT') throw failed('is not installed');
  if (timedOut) throw failed(`did not answer within ${helperMilliseconds / 1000} s`);
  if (hasFailed && /credentials not found/.test(stdout ?? '')) return undefined;
  if (hasFailed) throw failed(`failed with exit code ${exitCode ?? 'none'}`);
  try {
    const { Username, Secret } = z
      .object({ Username: z.string(), Secret: z.string() })
      .parse(JSON.parse(stdout));
    if (Username === '' && Secret === '') return undefined;
    return Username === '<token>' ? { identityToken: Secret } : { username: Username, password: Secret };
  } catch {
    throw failed('returned an invalid answer');
  }
}
