import { isLoadwrightError, LoadwrightError } from './errors.js';

/** What to do about a failure, by the code that Node, undici or OpenSSL gives it. */
const hints: readonly (readonly [RegExp, string, string])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'its name cannot be resolved', 'Check the host name, the region and the DNS.'],
  [
    /^ECONNREFUSED$/,
    'nothing listens there',
    'Check the port, and that the service (or the emulator) is running.',
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    'there is no route to it',
    'Check the network, the VPN and the security groups.',
  ],
  [
    /^(ETIMEDOUT|ESOCKETTIMEDOUT|ESILENT|UND_ERR_\w*TIMEOUT|TimeoutError)$/,
    'it did not answer in time',
    'Check firewalls and security groups, or allow more time with the option timeout.',
  ],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    'it closed the connection',
    'Check that the URL has the right scheme (http or https) and port, and read the logs of the service.',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
    'its certificate is not trusted',
    'Use the name that the certificate was issued for. For a private authority set NODE_EXTRA_CA_CERTS to its certificate.',
  ],
  [
    /^(EPROTO|ERR_SSL_\w+|HPE_\w+|HTTPParserError)$/,
    'it does not speak the protocol of the URL',
    'Check that the URL has the right scheme (http or https) and port.',
  ],
];

/** Ports that `fetch` never asks, as browsers: https://fetch.spec.whatwg.org/#port-blocking. */
const badPort = 'bad port';

/** Every name and code in an error, its causes and its parts, outermost first. */
function* codesOf(error: unknown, depth = 0): Generator<string> {
  if (typeof error !== 'object' || error === null || depth > 5) return;
  const { code, name, message, cause, errors } = error as Record<string, unknown>;
  if (typeof code === 'string') yield code;
  if (message === badPort) yield badPort;
  if (typeof name === 'string') yield name;
  yield* codesOf(cause, depth + 1);
  if (Array.isArray(errors)) for (const part of errors) yield* codesOf(part, depth + 1);
}

/** A URL without what may be secret: user, password, query and fragment. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'an invalid URL';
  const { origin, pathname } = new URL(url);
  return origin + (pathname === '/' ? '' : pathname);
}

/**
 * The error for a request that got no answer at all.
 *
 * @param error what `fetch`, `node:http` or an AWS SDK client threw.
 * @param url where the request went; its user, password and query are left out of the message.
 * @param what the system that was asked, for people: `the SageMaker endpoint "fraud"`.
 * @returns `PREFLIGHT_FAILED` with a hint; `ABORTED` when the user stopped it; a {@link LoadwrightError} as it is.
 */
export function networkFailure(error: unknown, url: string, what: string): LoadwrightError {
  if (isLoadwrightError(error)) return error;
  const codes = [...codesOf(error)];
  const address = withoutSecrets(url);
  if (codes.includes('AbortError')) {
    return new LoadwrightError('ABORTED', `Stopped while asking ${what} at ${address}.`, { cause: error });
  }
  if (codes.includes(badPort)) {
    return new LoadwrightError(
      'PREFLIGHT_FAILED',
      `Could not ask ${what} at ${address}: its port is one of those that no HTTP client of the web asks, because other protocols have them.`,
      { hint: 'Check the port of the URL.', cause: error },
    );
  }
  // The outermost first: the SDK of AWS calls every error of the network a TimeoutError, but leaves its code.
  for (const code of codes) {
    const [, reason, hint] = hints.find(([pattern]) => pattern.test(code)) ?? [];
    if (reason !== undefined) {
      const message = `Could not reach ${what} at ${address}: ${reason} (${code}).`;
      return new LoadwrightError('PREFLIGHT_FAILED', message, {
        ...(hint !== undefined && { hint }),
        cause: error,
        retryable: true,
      });
    }
  }
  return new LoadwrightError(
    'PREFLIGHT_FAILED',
    `Could not reach ${what} at ${address} (${codes[0] ?? 'unknown reason'}).`,
    { hint: 'Check the URL, and that the service is running.', cause: error, retryable: true },
  );
}
