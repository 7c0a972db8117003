import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Account } from '../account.js';
import type { Call, Layer, RawRequest } from '../calls.js';
import type { RoleKeys } from '../real-machine/metadata-service.js';
import { sendTo } from '../send-to.js';

/** As signatures name them: SageMaker and its runtime, Application Auto Scaling, CloudWatch. */
const services = new Set(['sagemaker', 'application-autoscaling', 'monitoring']);

/**
 * Calls about the endpoint of the account, and requests to it. Who may make them was decided before, as for any other call; the server
 * then gets them signed with the keys that it knows.
 */
export function playedEndpoint({ behaviour }: Account): Layer {
  return async (call, next) => {
    const { endpoint } = behaviour;
    if (!endpoint || !services.has(call.service)) return next(call);
    return sendTo(endpoint.url, await signedWith(endpoint.keys, call));
  };
}

async function signedWith(credentials: RoleKeys, { request, region, service }: Call): Promise<RawRequest> {
  const { method, path, body, headers } = request;
  const { pathname, searchParams } = new URL(path, 'http://aws');
  const kept = Object.entries(headers).filter(
    ([name]) => !['authorization', 'x-amz-security-token', 'connection', 'transfer-encoding'].includes(name),
  );
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const signed = await signer.sign(
    new HttpRequest({
      ...{ method, path: pathname, body, headers: Object.fromEntries(kept) },
      query: Object.fromEntries(searchParams),
    }),
  );
  return { ...request, headers: signed.headers };
}
