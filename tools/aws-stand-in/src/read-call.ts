import { checkIp } from './behaviours/caller-address.js';
import type { Call, RawRequest } from './calls.js';
import { s3Action } from './s3-actions.js';
import { schedulerAction } from './scheduler-actions.js';

/** Credential=AKID/20260101/eu-west-1/ec2/aws4_request */
const credentialScope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

/** Where permissions are not named as signatures are. */
const permissionPrefixes: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };

let unnamed = 0;

/** Names a request and reads its parameters. */
export function readCall(number: number, request: RawRequest): Call {
  const [, accessKeyId = '', region = '', service = ''] =
    credentialScope.exec(request.headers['authorization'] ?? '') ?? [];
  const invocation = request.headers['amz-sdk-invocation-id'] ?? `unnamed-${(unnamed += 1)}`;
  const { action, parameters } = describe(service, request);
  const name = request.path === '/checkip' ? checkIp : `${permissionPrefixes[service] ?? service}:${action}`;
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
  if (service === 'sagemaker') return invocation(request);
  const form = Object.fromEntries(new URLSearchParams(request.body.toString()));
  return { action: form['Action'] ?? `${request.method} ${request.path}`, parameters: form };
}

/** A request to an endpoint: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html */
function invocation({ path }: RawRequest): { action: string; parameters: Record<string, unknown> } {
  const [, , name = '', suffix = ''] = path.split('/');
  const action = { 'invocations-response-stream': 'WithResponseStream', 'async-invocations': 'Async' }[
    suffix
  ];
  return {
    action: `InvokeEndpoint${action ?? ''}`,
    parameters: { EndpointName: decodeURIComponent(name) },
  };
}
