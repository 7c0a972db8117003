import { X509Certificate } from 'node:crypto';
import { LoadwrightError } from '../errors.js';

/** What Node says of a certificate that it does not take; see `tls` and `X509_verify_cert_error_string` of OpenSSL. */
const refusedCertificate =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|INVALID_PURPOSE|PATH_LENGTH/;

/**
 * A `fetch` that takes one certificate and no other, whoever has signed it. What a request holds leaves only when the
 * server has proved to have its key.
 *
 * @param certificate PEM
 * @throws LoadwrightError `PROVISIONING_FAILED` when it is none.
 */
export function pinnedFetch(certificate: string): typeof fetch {
  const pinned = fingerprintOf(certificate);
  const made = makeFetch(certificate, pinned);
  // Whoever uses it hears of a failure; nobody else does.
  made.catch(() => {});
  return async (input, init) => (await made)(input, init);
}

async function makeFetch(certificate: string, pinned: string): Promise<typeof fetch> {
  // The fetch of Node takes no certificates, and agents of its own version alone.
  const { Agent, fetch: fetchThrough } = await import('undici');
  const dispatcher = new Agent({
    connect: {
      ca: certificate,
      // Its address may have changed, and a name it has none. It is the very certificate, or it is not.
      checkServerIdentity: (_host, { fingerprint256 }) =>
        fingerprint256 === pinned
          ? undefined
          : Object.assign(new Error('the certificate is another one'), { code: 'ERR_TLS_CERT_PINNED' }),
    },
  });
  const through = (input: unknown, init: unknown) =>
    fetchThrough(input as string, { ...(init as object), dispatcher });
  return through as unknown as typeof fetch;
}

/**
 * SHA-256 of a certificate, as browsers show it: `AB:CD:…`.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it is none.
 */
export function fingerprintOf(certificate: string): string {
  try {
    return new X509Certificate(certificate).fingerprint256;
  } catch (cause) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      'What should be the certificate of the master is none.',
      {
        hint: 'Somebody may have changed it. Remove the run, and make it anew.',
        cause,
      },
    );
  }
}

/** Why a certificate was not taken; undefined when a failure was another one. */
export function refusalOf(error: unknown, depth = 0): 'other' | 'time' | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined;
  const { code, cause } = error as Record<string, unknown>;
  if (typeof code !== 'string' || !refusedCertificate.test(code)) return refusalOf(cause, depth + 1);
  return /^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(code) ? 'time' : 'other';
}
