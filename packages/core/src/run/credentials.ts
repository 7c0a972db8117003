import { formatDuration } from '../values/duration.js';
import { LoadwrightError } from '../errors.js';
import type { ResolvedEnvironment } from '../target/contract.js';
import type { PreparedTest } from './prepare.js';

/** Time between the preflight and the first request that credentials must also survive, in seconds. */
const startUpSeconds = 120;

/** The credentials that the workers get. */
export interface Credentials {
  readonly environment: ResolvedEnvironment;
  /** Values that must never be written. */
  readonly secrets: readonly string[];
  /** Hands out no more of them. */
  close(): Promise<void>;
}

/**
 * Finds the credentials, and checks that they outlive the run.
 *
 * @param isServed Workers on this machine may be handed newer ones instead.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID`
 */
export async function resolveCredentials(
  test: PreparedTest,
  isServed: boolean,
  signal: AbortSignal,
): Promise<Credentials> {
  const { definition, targetOptions, environment: variables, baseDirectory } = test;
  const context = { environment: variables, baseDirectory, signal };
  const resolved = (await definition.resolveEnvironment?.(targetOptions, context)) ?? { variables: {} };
  const { serve, ...environment } = resolved;
  const isRenewed = serve && isServed && !outlives(resolved.expiresAt, test.durationSeconds);
  if (!isRenewed) requireLifetime(resolved.expiresAt, test.durationSeconds);
  const secretValues = (definition.environment?.(targetOptions) ?? [])
    .filter((variable) => variable.secret)
    .map((variable) => environment.variables[variable.name])
    .filter((value) => value !== undefined);
  const secrets = [...test.secrets, ...secretValues];
  if (!isRenewed) return { environment, secrets, close: () => Promise.resolve() };
  const served = await serve();
  const kept = Object.entries(resolved.variables).filter(([name]) => !served.replaces.includes(name));
  return {
    environment: { variables: { ...Object.fromEntries(kept), ...served.variables } },
    secrets: [...secrets, ...served.secrets],
    close: served.close,
  };
}

function outlives(expiresAt: Date | undefined, durationSeconds: number): boolean {
  return !expiresAt || (expiresAt.getTime() - Date.now()) / 1000 >= durationSeconds + startUpSeconds;
}

function requireLifetime(expiresAt: Date | undefined, durationSeconds: number): void {
  if (!expiresAt || outlives(expiresAt, durationSeconds)) return;
  const remaining = (expiresAt.getTime() - Date.now()) / 1000;
  const needed = durationSeconds + startUpSeconds;
  throw new LoadwrightError(
    'CREDENTIALS_INVALID',
    remaining <= 0
      ? `The credentials expired at ${expiresAt.toISOString()}.`
      : `The credentials expire at ${expiresAt.toISOString()}, in ${formatDuration(remaining)}; the run needs them for ` +
          `${formatDuration(needed)} (load.duration and ${formatDuration(startUpSeconds)} to start).`,
    {
      hint: 'Get new credentials (for example: aws sso login), ask for a longer session, or shorten load.duration.',
    },
  );
}
