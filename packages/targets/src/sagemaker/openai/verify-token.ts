import type { AcceptedCredentials, Refusal } from '../verify-signature.js';

const prefix = 'Bearer sagemaker-api-key-';
const host = 'sagemaker.amazonaws.com';
const longestSeconds = 43_200;

/**
 * Checks a bearer token as AWS describes it, by presigning `CallWithBearerToken` again with `@smithy/signature-v4`.
 *
 * @param now the time of the service, in milliseconds since 1970.
 * @returns the refusal, or undefined when the token is right.
 */
export async function verifyToken(
  authorization: string | undefined,
  credentials: AcceptedCredentials,
  region: string,
  now: number,
): Promise<Refusal | undefined> {
  const refuse = (message: string): Refusal => ({ type: 'AccessDeniedException', message });
  if (!authorization?.startsWith(prefix)) return refuse('The request has no bearer token of SageMaker.');
  const text = `https://${Buffer.from(authorization.slice(prefix.length), 'base64').toString()}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const said = (name: string) => url?.searchParams.get(name) ?? '';
  const date = said('X-Amz-Date').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const seconds = Number(said('X-Amz-Expires'));
  const isWellFormed =
    url?.host === host &&
    url.pathname === '/' &&
    said('Action') === 'CallWithBearerToken' &&
    said('Version') === '1';
  if (!isWellFormed || !Date.parse(date) || !(seconds >= 1 && seconds <= longestSeconds)) {
    return refuse('The bearer token is not well-formed.');
  }
  const { accessKeyId, sessionToken, expiration } = credentials;
  const scope = `${accessKeyId}/${said('X-Amz-Date').slice(0, 8)}/${region}/sagemaker/aws4_request`;
  if (said('X-Amz-Credential') !== scope || said('X-Amz-Security-Token') !== sessionToken) {
    return refuse('The bearer token is of other credentials, or of another region.');
  }
  if (Date.parse(date) + seconds * 1000 <= now || (expiration && expiration.getTime() <= now)) {
    return refuse('The bearer token has expired.');
  }
  const expected = await signatureOf(credentials, region, new Date(date), seconds);
  return expected === said('X-Amz-Signature')
    ? undefined
    : refuse('The signature of the bearer token is wrong.');
}

async function signatureOf(
  credentials: AcceptedCredentials,
  region: string,
  signingDate: Date,
  expiresIn: number,
): Promise<string | undefined> {
  const [{ SignatureV4 }, { HttpRequest }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/protocol-http'),
    import('@aws-crypto/sha256-js'),
  ]);
  const signer = new SignatureV4({
    credentials,
    region,
    service: 'sagemaker',
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = new HttpRequest({
    ...{ method: 'POST', protocol: 'https:', hostname: host, path: '/' },
    ...{ query: { Action: 'CallWithBearerToken' }, headers: { host } },
  });
  const { query } = await signer.presign(request, { signingDate, expiresIn });
  return query?.['X-Amz-Signature'] as string | undefined;
}
