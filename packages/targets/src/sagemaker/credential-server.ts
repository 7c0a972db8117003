import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServedEnvironment } from '@loadwright/core/target';

/** Credentials that end, as the AWS SDK gives them. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** Gives the credentials at hand, or asks for newer ones. */
export type Provider = (options?: { forceRefresh?: boolean }) => Promise<TemporaryCredentials>;

/** A provider that takes longer, such as a program that hangs, is asked again. In milliseconds. */
const longestRenewal = 60_000;

/** Workers ask a quarter of an hour before the end: `role_credentials.py`. In milliseconds. */
const earlyMilliseconds = 16 * 60_000;

/**
 * Gives workers on this machine credentials that are renewed, in the way in which containers get theirs: at an address that
 * only this machine reaches, with a token that only they know.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function serveCredentials(
  provider: Provider,
  first: TemporaryCredentials,
): Promise<ServedEnvironment> {
  const token = randomBytes(32).toString('base64url');
  let current = first;
  let renewing: Promise<void> | undefined;

  async function fresh(): Promise<TemporaryCredentials | undefined> {
    if (left(current) < earlyMilliseconds) {
      // For all who ask meanwhile.
      renewing ??= Promise.race([provider({ forceRefresh: true }), tooLate()])
        .then((newer) => {
          if (left(newer) > 0) current = newer;
        })
        // Those at hand may be valid for some time, and there are more attempts.
        .catch(() => {})
        .finally(() => (renewing = undefined));
      await renewing;
    }
    return left(current) > 0 ? current : undefined;
  }

  const server = createServer((request, response) => {
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (!isEqual(request.headers.authorization ?? '', token)) return reply(403, { code: 'AccessDenied' });
    void fresh().then((found) =>
      found ? reply(200, documentOf(found)) : reply(500, { code: 'NoCredentials' }),
    );
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return {
    variables: {
      LOADWRIGHT_ROLE_CREDENTIALS: '1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    replaces: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
    secrets: [token],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no credentials in time')), longestRenewal).unref();
  });
}

function left({ expiration }: TemporaryCredentials): number {
  return expiration === undefined ? Infinity : expiration.getTime() - Date.now();
}

function documentOf({ accessKeyId, secretAccessKey, sessionToken, expiration }: TemporaryCredentials) {
  const end = expiration ?? new Date(Date.now() + 60 * 60_000);
  return {
    ...{ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken ?? null },
    Expiration: end.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
