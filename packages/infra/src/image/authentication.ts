import { LoadwrightError } from '@loadwright/core/errors';
import { z } from 'zod';
import type { RegistryCredentials } from './credentials.js';
import { inOnePiece, readShort, send, type Call, type Connections } from './http.js';
import { isLoopback } from './reference.js';

/** One way to log in that a registry offers (RFC 9110, section 11.6.1). */
interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface AuthenticationOptions {
  /** As people write it. */
  readonly registry: string;
  /** Asked once, when the registry wants a login. */
  readonly credentials: () => Promise<RegistryCredentials | undefined>;
  readonly connections: Connections;
  readonly signal: AbortSignal | undefined;
}

const tokenSchema = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });
const longestToken = 1 << 20;

/** Logs in to one registry, by Basic or with a token, as it wants it: https://distribution.github.io/distribution/spec/auth/token/ */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #scopes = new Set<string>();
  #credentials: Promise<RegistryCredentials | undefined> | undefined;
  #header: string | undefined;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** What a request carries; undefined until the registry has asked for it. */
  get header(): string | undefined {
    return this.#header;
  }

  /** What is going to be asked for: one token for all of it. */
  need(repository: string, actions: 'pull' | 'pull,push'): void {
    this.#scopes.add(`repository:${repository}:${actions}`);
  }

  /**
   * Makes the header that a 401 asks for.
   *
   * @param wanted the header WWW-Authenticate
   * @throws LoadwrightError `CREDENTIALS_INVALID` when there is no login, or it is refused
   */
  async answer(wanted: string | undefined): Promise<void> {
    const challenges = parseChallenges(wanted ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const { registry } = this.#options;
    if (bearer) {
      this.#header = `Bearer ${await this.#token(bearer)}`;
    } else if (challenges.some(({ scheme }) => scheme === 'basic')) {
      const credentials = await this.#findCredentials();
      if (!credentials) throw noLogin(registry);
      if (!('password' in credentials)) {
        throw new LoadwrightError(
          'CREDENTIALS_INVALID',
          `${registry} requires a password, and Docker's configuration holds a token for it.`,
          { hint: howToLogIn(registry) },
        );
      }
      this.#header = basic(credentials);
    } else {
      const schemes = challenges.map(({ scheme }) => scheme).join(', ') || 'nothing';
      throw new LoadwrightError(
        'CREDENTIALS_INVALID',
        `${registry} requires authentication by ${schemes}; Loadwright supports Bearer and Basic.`,
        { hint: 'Check that the address belongs to a registry, not to a proxy in front of it.' },
      );
    }
  }

  /** Why a registry lets nobody in, or not as far. */
  async refusal(status: number): Promise<LoadwrightError> {
    const { registry } = this.#options;
    if (!(await this.#findCredentials())) return noLogin(registry);
    return new LoadwrightError(
      'CREDENTIALS_INVALID',
      `${registry} rejected the credentials (status ${status}).`,
      {
        hint: `Check that they have not expired (ECR: after 12 hours) and may push to this repository. ${howToLogIn(registry)}`,
      },
    );
  }

  #findCredentials(): Promise<RegistryCredentials | undefined> {
    return (this.#credentials ??= this.#options.credentials());
  }

  async #token({ parameters }: Challenge): Promise<string> {
    const { registry, connections, signal } = this.#options;
    const { realm = '', service, scope } = parameters;
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.host)))) {
      throw new LoadwrightError(
        'CREDENTIALS_INVALID',
        `${registry} sends credentials to an address without TLS, or to an invalid one.`,
        { hint: 'Ask its operator: the realm of its header WWW-Authenticate must be an https URL.' },
      );
    }
    const credentials = await this.#findCredentials();
    const scopes = [...new Set([...this.#scopes, ...(scope === undefined ? [] : [scope])])];
    const fields: [string, string][] = [
      ...(service === undefined ? [] : [['service', service] as [string, string]]),
      ...scopes.map((one): [string, string] => ['scope', one]),
    ];
    const call = tokenCall(url, fields, credentials);
    const answer = await send({ ...call, signal }, connections);
    const text = (await readShort(answer, url, longestToken)).toString();
    const { statusCode: status = 0 } = answer;
    if ([400, 401, 403].includes(status)) throw await this.refusal(status);
    const token = status === 200 ? tokenOf(text) : undefined;
    if (token !== undefined) return token;
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `${url.host}, the token service of ${registry}, answered with status ${status} and no token.`,
      { hint: 'Try again later, or ask the operator of the registry.', retryable: true },
    );
  }
}

function tokenCall(url: URL, fields: [string, string][], credentials: RegistryCredentials | undefined): Call {
  if (credentials && 'identityToken' in credentials) {
    const form = new URLSearchParams([
      ['grant_type', 'refresh_token'],
      ['client_id', 'loadwright'],
      ['refresh_token', credentials.identityToken],
      ...fields.filter(([name]) => name !== 'scope'),
      ['scope', fields.flatMap(([name, value]) => (name === 'scope' ? [value] : [])).join(' ')],
    ]);
    const text = Buffer.from(form.toString());
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: { bytes: text.length, open: () => inOnePiece(text) },
    };
  }
  const asked = new URL(url);
  for (const [name, value] of fields) asked.searchParams.append(name, value);
  return {
    method: 'GET',
    url: asked,
    headers: credentials ? { authorization: basic(credentials) } : {},
  };
}

function tokenOf(text: string): string | undefined {
  try {
    const { token, access_token } = tokenSchema.parse(JSON.parse(text));
    return token ?? access_token;
  } catch {
    return undefined;
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** `Bearer realm="https://…",service="…", Basic realm="…"`. Values in quotes may hold commas. */
function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const parts = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))|([\w-]+)/g;
  for (const [, name, quoted, plain, scheme] of header.matchAll(parts)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    else if (name !== undefined) {
      const last = challenges.at(-1);
      if (last) last.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    }
  }
  return challenges;
}

const howToLogIn = (registry: string) =>
  `Use docker login ${registry}, or set LOADWRIGHT_REGISTRY_USERNAME and LOADWRIGHT_REGISTRY_PASSWORD.`;

function noLogin(registry: string): LoadwrightError {
  return new LoadwrightError(
    'CREDENTIALS_INVALID',
    `${registry} requires authentication, and no credentials were found.`,
    {
      hint: howToLogIn(registry),
    },
  );
}
