import { createHash } from 'node:crypto';
import { sigv4ClockToleranceSeconds } from '@loadwright/core/target';
import type { EmulatedRequest } from '@loadwright/core/testing';

/** The credentials that the emulator accepts. */
export interface AcceptedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** When they stop working; undefined: never. */
  readonly expiration?: Date;
}

/** Why a request was refused: AWS's error type and message. */
export interface Refusal {
  readonly type: string;
  readonly message: string;
}

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Checks Signature Version 4 of a request as AWS does, by signing it again with `@smithy/signature-v4`: independent
 * of the code that signs the load.
 *
 * @param now the time of the service, in milliseconds since 1970.
 * @param service the name of the service in signatures.
 * @returns the refusal, or undefined when the signature is right.
 */
export async function verifySignature(
  request: EmulatedRequest,
  credentials: AcceptedCredentials,
  region: string,
  now: number,
  service = 'sagemaker',
): Promise<Refusal | undefined> {
  const authorization = request.headers['authorization'];
  if (authorization === undefined) {
    return { type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' };
  }
  const match = authorizationPattern.exec(authorization);
  if (!match) {
    return {
      type: 'IncompleteSignatureException',
      message: "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
    };
  }
  const [, accessKeyId, day, scopeRegion, scopeService, signedHeaders = '', signature] = match;
  const sent = signedHeaders.split(';');
  const date = request.headers['x-amz-date'] ?? '';
  const signingDate = readDate(date);
  if (signingDate === undefined || !sent.includes('x-amz-date') || !sent.includes('host')) {
    return {
      type: 'IncompleteSignatureException',
      message: 'The headers host and X-Amz-Date (ISO 8601 basic format) must be present and signed.',
    };
  }
  if (
    accessKeyId !== credentials.accessKeyId ||
    request.headers['x-amz-security-token'] !== credentials.sessionToken
  ) {
    return {
      type: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    };
  }
  if (credentials.expiration && credentials.expiration.getTime() <= now) {
    return {
      type: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    };
  }
  if (scopeRegion !== region || scopeService !== service || day !== date.slice(0, 8)) {
    return {
      type: 'InvalidSignatureException',
      message: `Credential should be scoped to a valid region, service and date: ${date.slice(0, 8)}/${region}/${service}.`,
    };
  }
  const skew = signingDate.getTime() - now;
  if (Math.abs(skew) > sigv4ClockToleranceSeconds * 1000) {
    return { type: 'InvalidSignatureException', message: skewed(date, Math.sign(skew), now) };
  }
  const expected = await signatureOf(request, sent, credentials, { region, service }, signingDate);
  if (expected !== signature || !declaresItsBody(request)) {
    return {
      type: 'InvalidSignatureException',
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret ' +
        'Access Key and signing method. Consult the service documentation for details.',
    };
  }
  return undefined;
}

/** In AWS's own words, which show the limit. */
function skewed(date: string, sign: number, now: number): string {
  const [service, limit] = [now, now + sign * sigv4ClockToleranceSeconds * 1000].map(writeDate);
  return sign < 0
    ? `Signature expired: ${date} is now earlier than ${limit} (${service} - 5 min.)`
    : `Signature not yet current: ${date} is still later than ${limit} (${service} + 5 min.)`;
}

const writeDate = (time: number) => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');

/** The hash that the header X-Amz-Content-Sha256 declares, if it is there, must be that of the body. */
function declaresItsBody({ headers, body }: EmulatedRequest): boolean {
  const declared = headers['x-amz-content-sha256'];
  return declared === undefined || declared === createHash('sha256').update(body).digest('hex');
}

function readDate(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The signature of the same request, over the headers that the sender signed. */
async function signatureOf(
  request: EmulatedRequest,
  signedHeaders: readonly string[],
  credentials: AcceptedCredentials,
  { region, service }: { readonly region: string; readonly service: string },
  signingDate: Date,
): Promise<string | undefined> {
  const [{ SignatureV4 }, { HttpRequest }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/protocol-http'),
    import('@aws-crypto/sha256-js'),
  ]);
  // applyChecksum would add a header that the sender may not have signed.
  const signer = new SignatureV4({
    ...{ credentials, region, service, sha256: Sha256, applyChecksum: false },
    // S3 alone signs a path as it is sent.
    uriEscapePath: service !== 's3',
  });
  const names = signedHeaders.filter((name) => request.headers[name] !== undefined);
  const query: Record<string, string[]> = {};
  for (const name of new Set(request.query.keys())) query[name] = request.query.getAll(name);
  const again = await signer.sign(
    new HttpRequest({
      method: request.method,
      path: request.path,
      query,
      headers: Object.fromEntries(names.map((name) => [name, request.headers[name]!])),
      body: request.body,
    }),
    { signingDate, signableHeaders: new Set(names) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(again.headers['authorization'] ?? '')?.[1];
}
