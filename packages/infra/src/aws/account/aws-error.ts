/** What an error of the SDK says. */
export interface AwsError {
  /** The code of the service, or the name of what happened before a service was reached. */
  readonly code: string;
  readonly message: string;
  /** HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;
}
