import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';

/** What a token allows. */
export type Permission = 'workspace' | 'endpoint';

interface Issued {
  readonly allows: Permission;
  /** On the clock of `performance.now`. */
  readonly endsAt: number;
}

interface Settings {
  /** Life of a token. Undefined: an hour for those of OAuth, and for ever for the personal one. */
  readonly lifetimeSeconds: number | undefined;
  /** What a token of a route-optimised endpoint must be asked for with. */
  readonly authorizationDetails: string;
}

const defaultLifetimeSeconds = 3600;
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/**
 * The credentials of a workspace: a personal access token, and a service principal whose OAuth tokens end.
 *
 * The wire form is that of Databricks' documentation and of databricks-sdk 0.162 (`oauth.py`, `data_plane.py`); the words
 * of refusals follow RFC 6749, section 5.2.
 */
export class EmulatedTokens {
  readonly personal = `dapi${randomBytes(16).toString('hex')}`;
  readonly clientId = randomBytes(16).toString('hex');
  readonly clientSecret = `dose${randomBytes(16).toString('hex')}`;
  /** Tokens that were given out, and requests for one that were refused. */
  readonly counts = { issued: 0, refused: 0 };
  readonly #settings: Settings;
  readonly #personalEndsAt: number;
  readonly #issued = new Map<string, Issued>();

  constructor(settings: Settings) {
    this.#settings = settings;
    const { lifetimeSeconds = Infinity } = settings;
    this.#personalEndsAt = performance.now() + lifetimeSeconds * 1000;
  }

  /** `POST /oidc/v1/token` */
  issue({ headers, body }: EmulatedRequest): EmulatedResponse {
    const form = new URLSearchParams(body.toString('utf8'));
    const details = form.get('authorization_details');
    const problem = this.#problemOf(form, headers['authorization']);
    if (problem !== undefined) {
      this.counts.refused += 1;
      return { status: problem === 'invalid_client' ? 401 : 400, body: { error: problem } };
    }
    this.counts.issued += 1;
    const token = `eyJ${randomBytes(24).toString('base64url')}`;
    const { lifetimeSeconds = defaultLifetimeSeconds } = this.#settings;
    const endsAt = performance.now() + lifetimeSeconds * 1000;
    this.#issued.set(token, { allows: details === null ? 'workspace' : 'endpoint', endsAt });
    return {
      status: 200,
      body: { access_token: token, token_type: 'Bearer', scope: 'all-apis', expires_in: lifetimeSeconds },
    };
  }

  /** What is wrong with the credentials of a request, or undefined. */
  problemOf(sent: string, permission: Permission, acceptsPersonal: boolean): string | undefined {
    const now = performance.now();
    // The exact words of the service for an expired token are not published.
    const expired = 'Access token has expired.';
    if (sent === this.personal) {
      if (!acceptsPersonal) return 'Personal access tokens are not supported for route-optimized endpoints.';
      return now >= this.#personalEndsAt ? expired : undefined;
    }
    const token = this.#issued.get(sent);
    if (token === undefined) return 'Invalid access token.';
    if (now >= token.endsAt) return expired;
    if (token.allows !== permission) return 'The token was not issued for this resource.';
    return undefined;
  }

  #problemOf(form: URLSearchParams, authorization = ''): string | undefined {
    const details = form.get('authorization_details');
    if (details !== null && !isSameJson(details, this.#settings.authorizationDetails)) {
      return 'invalid_authorization_details';
    }
    if (form.get('grant_type') === jwtBearer) {
      const assertion = this.#issued.get(form.get('assertion') ?? '');
      const isValid = assertion?.allows === 'workspace' && performance.now() < assertion.endsAt;
      return isValid && details !== null ? undefined : 'invalid_grant';
    }
    if (form.get('grant_type') !== 'client_credentials') return 'unsupported_grant_type';
    const pair = Buffer.from(/^Basic (.+)$/.exec(authorization)?.[1] ?? '', 'base64');
    const expected = Buffer.from(`${this.clientId}:${this.clientSecret}`);
    if (pair.length !== expected.length || !timingSafeEqual(pair, expected)) return 'invalid_client';
    return form.get('scope') === 'all-apis' ? undefined : 'invalid_scope';
  }
}

function isSameJson(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return false;
  }
}
