import type { Call } from './calls.js';

/** One call in the log of the stand-in. Holds no secret. */
export interface LoggedCall {
  readonly number: number;
  /** `service:Action`. */
  readonly name: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** S3: the account that the caller expects to own the bucket. */
  readonly expectedBucketOwner: string | undefined;
  /** The same for all attempts of one call of the SDK. */
  readonly invocation: string;
  /** Milliseconds of one clock. */
  readonly start: number;
  end: number | undefined;
  /** HTTP status of the answer; `dropped` when the connection ended instead. */
  outcome: number | 'dropped' | undefined;
}

export function logged(call: Call): LoggedCall {
  const secret = call.name === 'ssm:PutParameter' && call.parameters['Type'] === 'SecureString';
  return {
    number: call.number,
    name: call.name,
    region: call.region,
    parameters: secret ? { ...call.parameters, Value: '[redacted]' } : call.parameters,
    expectedBucketOwner: call.request.headers['x-amz-expected-bucket-owner'],
    invocation: call.invocation,
    start: performance.now(),
    end: undefined,
    outcome: undefined,
  };
}

/** The longest chain of calls of which each began after the one before had ended. */
export function sequentialRoundTrips(calls: readonly LoggedCall[]): number {
  let free = -Infinity;
  let count = 0;
  for (const { start, end = Infinity } of [...calls].sort(
    (a, b) => (a.end ?? Infinity) - (b.end ?? Infinity),
  )) {
    if (start < free) continue;
    count += 1;
    free = end;
  }
  return count;
}
