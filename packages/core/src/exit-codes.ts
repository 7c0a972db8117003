/**
 * Exit codes of the command `loadwright`, and the ones that a program should use when it wraps a run.
 * 96 to 105 stay clear of the shell's own codes (126 and up) and of the codes that test runners use.
 */
export const exitCodes = {
  /** Every threshold held and the measurement can be trusted. */
  pass: 0,
  /** A defect of Loadwright itself. */
  internal: 1,
  /** The command line could not be understood. */
  usage: 2,
  /** The measurement cannot be trusted (verdict INVALID). */
  invalid: 96,
  /** The fleet could not be made; everything that was begun has been cleaned up. */
  provisioningFailed: 97,
  /** Resources may remain; they are listed, or their run is named. */
  resourcesRemain: 98,
  /** A threshold failed (verdict FAIL). */
  thresholdFailed: 99,
  /**
   * Bad configuration, payloads, credentials or plugin: found before any load was made. Or the run passed, and the disk did not take
   * all of its results.
   */
  badConfiguration: 104,
  /** Stopped by the user. */
  aborted: 105,
} as const;

/** One of {@link exitCodes}, as a number. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
