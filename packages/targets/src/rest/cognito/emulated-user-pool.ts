import {
  createHmac,
  createSign,
  createVerify,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import type { EmulatorStatistics, JsonObject } from '@loadwright/core/target';
import { cognitoPasswordVariable, cognitoSecretVariable } from './options.js';

/** Who signs in at the emulated pool. */
export type SignIn = 'client' | 'user';

/** Tokens that a pool gave out, and requests for one that it refused. */
export interface TokenRequests {
  byClient: number;
  byPassword: number;
  byRefresh: number;
  refused: number;
}

export const noTokens: Readonly<TokenRequests> = { byClient: 0, byPassword: 0, byRefresh: 0, refused: 0 };

interface Settings {
  readonly signIn: SignIn;
  readonly lifetimeSeconds: number;
  /** Which tokens requests carry. */
  readonly tokenType: 'access' | 'id';
  /** Name of the header that carries them. */
  readonly header: string;
  /** What stands before them there. */
  readonly prefix: string;
}

const poolId = 'eu-west-1_Emulated1';
const scope = 'emulated/read';
const target = 'AWSCognitoIdentityProviderService.InitiateAuth';

/**
 * A user pool of Amazon Cognito with one app client and one user: its domain (`POST /oauth2/token`), its API
 * (`InitiateAuth`) and its public key, all below one URL. Tokens are signed with RS256 and their times are cut to whole
 * seconds, as those of Cognito. https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
 */
export class EmulatedUserPool {
  readonly clientId = randomBytes(13).toString('hex');
  readonly #clientSecret = randomBytes(25).toString('hex');
  readonly #user = { username: 'load-test', password: `aA1!${randomBytes(12).toString('base64url')}` };
  readonly #sub = randomUUID();
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #keyId = randomBytes(8).toString('base64url');
  readonly #settings: Settings;
  readonly #refreshTokens = new Set<string>();
  /** Tokens that were given out by how they were asked for, and requests for one that were refused. */
  readonly counts: TokenRequests = { ...noTokens };
  /** What of the requests to the server was for the pool itself. */
  readonly own = { requests: 0, rejected: 0 };

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The option `cognito` of a target that signs in here, and its variables. */
  connection(url: string): { options: JsonObject; environment: Record<string, string> } {
    const { signIn, tokenType, header, prefix } = this.#settings;
    const isUser = signIn === 'user';
    const common = { clientId: this.clientId, header, prefix };
    return {
      options: isUser
        ? { ...common, endpointUrl: url, username: this.#user.username, tokenType }
        : { ...common, domain: url, scopes: [scope] },
      environment: {
        [cognitoSecretVariable]: this.#clientSecret,
        ...(isUser && { [cognitoPasswordVariable]: this.#user.password }),
      },
    };
  }

  /** The answer to what is asked of the pool; undefined: it is none of its routes. */
  answer(request: EmulatedRequest): EmulatedResponse | undefined {
    const answer = this.#route(request);
    if (answer === undefined) return undefined;
    this.own.requests += 1;
    if (answer.status >= 400) {
      this.own.rejected += 1;
      this.counts.refused += 1;
    }
    return answer;
  }

  /** What is wrong with the token of a request, as API Gateway says it; undefined: nothing. */
  problemOf({ headers }: EmulatedRequest): string | undefined {
    const { header, prefix, tokenType } = this.#settings;
    const sent = headers[header.toLowerCase()];
    if (typeof sent !== 'string' || !sent.startsWith(prefix)) return 'Unauthorized';
    const [head, payload, signature] = sent.slice(prefix.length).split('.');
    if (!head || !payload || !signature) return 'Unauthorized';
    const verify = createVerify('RSA-SHA256').update(`${head}.${payload}`);
    if (!verify.verify(this.#keys.publicKey, Buffer.from(signature, 'base64url'))) return 'Unauthorized';
    const { exp, token_use } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (Date.now() >= (exp as number) * 1000) return 'The incoming token has expired';
    return token_use === tokenType ? undefined : 'Unauthorized';
  }

  /** Statistics of the API alone. */
  without(all: EmulatorStatistics): EmulatorStatistics {
    return { ...all, requests: all.requests - this.own.requests, rejected: all.rejected - this.own.rejected };
  }

  #route(request: EmulatedRequest): EmulatedResponse | undefined {
    const { method, path, headers } = request;
    if (path === `/${poolId}/.well-known/jwks.json`) {
      const key = this.#keys.publicKey.export({ format: 'jwk' });
      return { status: 200, body: { keys: [{ ...key, kid: this.#keyId, alg: 'RS256', use: 'sig' }] } };
    }
    if (method !== 'POST') return undefined;
    if (path === '/oauth2/token') return this.#token(request);
    return path === '/' && headers['x-amz-target'] ? this.#initiate(request) : undefined;
  }

  /** RFC 6749, section 4.4; Cognito answers every refusal with 400. */
  #token({ headers, body }: EmulatedRequest): EmulatedResponse {
    const form = new URLSearchParams(body.toString('utf8'));
    const pair = Buffer.from(
      /^Basic (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '',
      'base64',
    ).toString();
    const refuse = (error: string) => ({ status: 400, body: { error } });
    if (pair !== `${this.clientId}:${this.#clientSecret}`) return refuse('invalid_client');
    if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type');
    if (![null, scope].includes(form.get('scope'))) return refuse('invalid_scope');
    this.counts.byClient += 1;
    const { lifetimeSeconds } = this.#settings;
    const claims = { sub: this.clientId, token_use: 'access', scope, client_id: this.clientId };
    return {
      status: 200,
      body: { access_token: this.#sign(claims), expires_in: lifetimeSeconds, token_type: 'Bearer' },
    };
  }

  #initiate({ headers, body }: EmulatedRequest): EmulatedResponse {
    const refuse = (type: string, message: string): EmulatedResponse => ({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: { __type: type, message },
    });
    if (headers['x-amz-target'] !== target) return refuse('UnknownOperationException', '');
    const {
      AuthFlow,
      AuthParameters = {},
      ClientId,
    } = JSON.parse(body.toString()) as {
      AuthFlow?: string;
      AuthParameters?: Record<string, string>;
      ClientId?: string;
    };
    if (ClientId !== this.clientId) {
      return refuse('ResourceNotFoundException', `User pool client ${ClientId} does not exist.`);
    }
    const isRefresh = AuthFlow === 'REFRESH_TOKEN_AUTH';
    if (!isRefresh && AuthFlow !== 'USER_PASSWORD_AUTH') {
      return refuse('InvalidParameterException', `${AuthFlow} flow not enabled for this client`);
    }
    const { USERNAME, PASSWORD, REFRESH_TOKEN = '', SECRET_HASH } = AuthParameters;
    const { username, password } = this.#user;
    const hash = createHmac('sha256', this.#clientSecret)
      .update(username + this.clientId)
      .digest('base64');
    if (SECRET_HASH !== hash) {
      return refuse('NotAuthorizedException', `Unable to verify secret hash for client ${this.clientId}`);
    }
    if (isRefresh && !this.#refreshTokens.has(REFRESH_TOKEN)) {
      return refuse('NotAuthorizedException', 'Refresh Token has been revoked');
    }
    if (!isRefresh && (USERNAME !== username || PASSWORD !== password)) {
      return refuse('NotAuthorizedException', 'Incorrect username or password.');
    }
    this.counts[isRefresh ? 'byRefresh' : 'byPassword'] += 1;
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: this.#result(isRefresh),
    };
  }

  #result(isRefresh: boolean) {
    const refresh = `eyJ${randomBytes(60).toString('base64url')}`;
    if (!isRefresh) this.#refreshTokens.add(refresh);
    const { username } = this.#user;
    return {
      ChallengeParameters: {},
      AuthenticationResult: {
        AccessToken: this.#sign({ sub: this.#sub, token_use: 'access', client_id: this.clientId, username }),
        IdToken: this.#sign({
          sub: this.#sub,
          token_use: 'id',
          aud: this.clientId,
          'cognito:username': username,
        }),
        ...(!isRefresh && { RefreshToken: refresh }),
        ExpiresIn: this.#settings.lifetimeSeconds,
        TokenType: 'Bearer',
      },
    };
  }

  #sign(claims: object): string {
    const iat = Math.floor(Date.now() / 1000);
    const iss = `https://cognito-idp.eu-west-1.amazonaws.com/${poolId}`;
    const parts = [
      { kid: this.#keyId, alg: 'RS256' },
      { ...claims, iss, iat, exp: iat + this.#settings.lifetimeSeconds, jti: randomUUID() },
    ];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${createSign('RSA-SHA256').update(text).sign(this.#keys.privateKey, 'base64url')}`;
  }
}
