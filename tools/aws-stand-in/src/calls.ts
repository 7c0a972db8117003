import { checkIp } from './behaviours/caller-address.js';
import { s3Action } from './s3-actions.js';
import { schedulerAction } from './scheduler-actions.js';

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

/** Credential=AKID/20260101/eu-west-1/ec2/aws4_request */
const credentialScope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

let unnamed = 0;

/** Names a request and reads its parameters. */
export function readCall(number: number, request: RawRequest): Call {
  const [, accessKeyId = '', region = '', service = ''] =
    credentialScope.exec(request.headers['authorization'] ?? '') ?? [];
  const invocation = request.headers['amz-sdk-invocation-id'] ?? `unnamed-${(unnamed += 1)}`;
  const { action, parameters } = describe(service, request);
  const name = request.path === '/checkip' ? checkIp : `${service}:${action}`;
  return { number, name, service, region, accessKeyId, invocation, parameters, request };
}

function describe(
  service: string,
  request: RawRequest,
): { action: string; parameters: Record<string, unknown> } {
  const target = request.headers['x-amz-target'];
  if (target) {
    return {
      action: target.slice(target.lastIndexOf('.') + 1),
      parameters: JSON.parse(request.body.toString() || '{}') as Record<string, unknown>,
    };
  }
  if (service === 's3') return s3Action(request);
  if (service === 'scheduler') return schedulerAction(request);
  const form = Object.fromEntries(new URLSearchParams(request.body.toString()));
  return { action: form['Action'] ?? `${request.method} ${request.path}`, parameters: form };
}

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
