import type { NextStep } from './next-step.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

/** Every error code, with the exit code that the command ends with. */
export const errorCodes = {
  /** A field of the configuration, a flag or a variable is wrong. */
  CONFIG_INVALID: exitCodes.badConfiguration,
  /** The configuration file is missing or cannot be read. */
  CONFIG_UNREADABLE: exitCodes.badConfiguration,
  /** A payload file is missing, empty or malformed. */
  PAYLOADS_INVALID: exitCodes.badConfiguration,
  /** A threshold expression or its metric is unknown. */
  THRESHOLD_INVALID: exitCodes.badConfiguration,
  /** No package or file was found for the name of a target. */
  TARGET_NOT_FOUND: exitCodes.badConfiguration,
  /** What was loaded is not a target, or threw while loading. */
  TARGET_INVALID: exitCodes.badConfiguration,
  /** The target was made for another version of the contract. */
  TARGET_VERSION_UNSUPPORTED: exitCodes.badConfiguration,
  /** Two targets claim the same kind. */
  TARGET_KIND_DUPLICATE: exitCodes.badConfiguration,
  /** No exporter was found for a name, or what was loaded is none. */
  EXPORTER_INVALID: exitCodes.badConfiguration,
  /** The receiver of an export did not take a past run. */
  EXPORT_FAILED: exitCodes.badConfiguration,
  /** A credential is missing, or expires before the run ends. */
  CREDENTIALS_INVALID: exitCodes.badConfiguration,
  /** The one cheap request before the run did not succeed. */
  PREFLIGHT_FAILED: exitCodes.badConfiguration,
  /** No suitable Python, or the managed Locust could not be installed. */
  LOCUST_UNAVAILABLE: exitCodes.provisioningFailed,
  /** The master or a worker did not start, not all workers connected, or the master of a deployed fleet does not answer. */
  PROVISIONING_FAILED: exitCodes.provisioningFailed,
  /** The master stopped answering in the middle of the run. */
  MASTER_LOST: exitCodes.invalid,
  /** The master refused a request or gave an answer that is not understood. */
  MASTER_PROTOCOL: exitCodes.internal,
  /** Clean-up did not finish; the message lists what is left, or names its run. */
  RESOURCES_REMAIN: exitCodes.resourcesRemain,
  /** A run's results do not exist or cannot be read. */
  RESULTS_UNREADABLE: exitCodes.badConfiguration,
  /** The user stopped it. */
  ABORTED: exitCodes.aborted,
  /** The command line could not be understood. */
  USAGE: exitCodes.usage,
} as const satisfies Record<string, ExitCode>;

export type { NextStep } from './next-step.js';

/** What a `LoadwrightError` is about: each has one exit code, see {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

const brand = Symbol.for('loadwright.error');

/** What a {@link LoadwrightError} is made of. */
export interface LoadwrightErrorOptions {
  /** What to do next; names the option and the variable where there is one. */
  hint?: string;
  /** What can be done next, each of them an alternative or the step after the one before. Default: nothing. */
  next?: readonly NextStep[];
  cause?: unknown;
  /** True when the same call may succeed later without a change by the user. Default false. */
  retryable?: boolean;
}

/**
 * An error that a user can act on: the message says what was wrong, the hint what to do next.
 * Recognised with {@link isLoadwrightError} rather than `instanceof`, so that two installed copies understand each other.
 */
export class LoadwrightError extends Error {
  readonly [brand] = true;
  override readonly name = 'LoadwrightError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly next: readonly NextStep[];
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: LoadwrightErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.next = options.next ?? [];
    this.retryable = options.retryable ?? false;
  }
}

/** True for a {@link LoadwrightError} of this or any other installed copy of `@loadwright/core`. */
export function isLoadwrightError(error: unknown): error is LoadwrightError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What can be done next about several errors; a step that several have is named once. */
export function allSteps(errors: readonly LoadwrightError[]): NextStep[] {
  const steps = errors.flatMap(({ next }) => next ?? []).map((step) => [JSON.stringify(step), step] as const);
  return [...new Map(steps).values()];
}

/** The exit code that belongs to an error: that of its code, or 1 when it is not a {@link LoadwrightError}. */
export function exitCodeOf(error: unknown): ExitCode {
  return isLoadwrightError(error) ? errorCodes[error.code] : exitCodes.internal;
}
