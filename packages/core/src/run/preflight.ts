import { LoadwrightError } from '../errors.js';
import { formatDuration } from '../duration.js';
import { readFirstPayload } from '../payloads/write.js';
import type { PreflightReport, ResolvedEnvironment } from '../target/contract.js';
import type { PreparedTest } from './prepare.js';

/** Time between the preflight and the first request that credentials must also survive, in seconds. */
const startUpSeconds = 120;

/** What the preflight found: the credentials for the workers, and what the service answered. */
export interface PreflightOutcome {
  readonly environment: ResolvedEnvironment;
  /** Values that must never be written. */
  readonly secrets: readonly string[];
  /** Undefined when the target has no preflight. */
  readonly report: PreflightReport | undefined;
}

/**
 * Finds the credentials, checks that they outlive the run, and makes the target's one cheap request with them.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID`, `PREFLIGHT_FAILED` or `PAYLOADS_INVALID`
 */
export async function preflight(test: PreparedTest, signal: AbortSignal): Promise<PreflightOutcome> {
  const { definition, targetOptions } = test;
  const context = { environment: test.environment, baseDirectory: test.baseDirectory, signal };
  const environment = (await definition.resolveEnvironment?.(targetOptions, context)) ?? { variables: {} };
  requireLifetime(environment.expiresAt, test.durationSeconds);

  const payloads = definition.payloads?.(targetOptions);
  const firstPayload =
    payloads === undefined
      ? undefined
      : await readFirstPayload(payloads, { baseDirectory: test.baseDirectory });
  const report = await definition.preflight?.(targetOptions, {
    ...context,
    resolvedEnvironment: environment,
    firstPayload,
  });
  const secretNames = (definition.environment?.(targetOptions) ?? [])
    .filter((variable) => variable.secret)
    .map((variable) => variable.name);
  const secretValues = secretNames
    .map((name) => environment.variables[name])
    .filter((value) => value !== undefined);
  return { environment, secrets: [...test.secrets, ...secretValues], report };
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
