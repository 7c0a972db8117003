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
}

/**
 * Finds the credentials, and checks that they outlive the run.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID`
 */
export async function resolveCredentials(test: PreparedTest, signal: AbortSignal): Promise<Credentials> {
  const { definition, targetOptions, environment: variables, baseDirectory } = test;
  const context = { environment: variables, baseDirectory, signal };
  const environment = (await definition.resolveEnvironment?.(targetOptions, context)) ?? { variables: {} };
  requireLifetime(environment.expiresAt, test.durationSeconds);
  const secretValues = (definition.environment?.(targetOptions) ?? [])
    .filter((variable) => variable.secret)
    .map((variable) => environment.variables[variable.name])
    .filter((value) => value !== undefined);
  return { environment, secrets: [...test.secrets, ...secretValues] };
}

function requireLifetime(expiresAt: Date | undefined, durationSeconds: number): void {
  if (!expiresAt) return;
  const remaining = (expiresAt.getTime() - Date.now()) / 1000;
  const needed = durationSeconds + startUpSeconds;
  if (remaining >= needed) return;
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
