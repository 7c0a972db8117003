/** One request to AWS, as the stand-in received it. */
export interface Call {
  /** Position among all calls since the last reset, from 1. A retry of the SDK is a call of its own. */
  readonly number: number;
  /** `service:Action`, for example `ec2:RunInstances`. */
  readonly name: string;
  /** Signing name of the service. */
  readonly service: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** The same for all attempts of one call of the SDK. */
  readonly invocation: string;
  /** Query protocol: as sent (`InstanceId.1`); JSON: the top level; S3: Bucket, Key and the query. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly request: RawRequest;
}

export interface RawRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a layer of the stand-in does with a call: answer it, or let the next one answer and change that. */
export type Layer = (call: Call, next: (call: Call) => Promise<Answer>) => Promise<Answer>;

/** The members of a list of the query protocol: `InstanceId.1`, `InstanceId.2` … */
export function listOf(call: Call, prefix: string): string[] {
  const pattern = new RegExp(`^${prefix.replaceAll('.', '\\.')}\\.\\d+$`);
  return Object.entries(call.parameters)
    .filter(([key]) => pattern.test(key))
    .map(([, value]) => String(value));
}

/** A parameter as text; empty when it is absent. */
export function textOf(call: Call, name: string): string {
  const value = call.parameters[name];
  return value === undefined ? '' : String(value);
}
