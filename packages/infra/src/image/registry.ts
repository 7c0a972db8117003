import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { printable, whileWaiting } from '@loadwright/core/fleet';
import { LoadwrightError } from '@loadwright/core/errors';
import { z } from 'zod';
import { Authentication } from './authentication.js';
import type { RegistryCredentials } from './credentials.js';
import { headerOf, inOnePiece, readShort, send, type Body, type Call, type Connections } from './http.js';
import { acceptedManifests, digestOf, type ReadManifest } from './manifest.js';
import type { Reference } from './reference.js';

export interface RegistryOptions {
  readonly reference: Pick<Reference, 'registry' | 'origin'>;
  readonly credentials: () => Promise<RegistryCredentials | undefined>;
  readonly connections: Connections;
  readonly signal?: AbortSignal | undefined;
  /** Called when the registry asks for a pause. */
  readonly onPause?: (message: string) => void;
}

/** An upload that was begun. */
export interface Upload {
  readonly location: URL;
}

/** A registry takes manifests up to 4 MiB; the configuration of an image is of the same order. */
const longestManifest = 4 * 2 ** 20;
const longestError = 1 << 16;

/** How often a call is made that a registry cannot answer now, and how long it waits for the next time, in seconds. */
const attempts = 4;
const usualPause = 5;
const longestPause = 60;

const errorsSchema = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string().optional(), message: z.string().optional() })).min(1),
});

/**
 * One registry, by its HTTP API: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md. Blobs are sent with
 * one PUT, never with PATCH: ECR drops the bodies of later ones.
 */
export class Registry {
  readonly name: string;
  readonly #origin: URL;
  readonly #options: RegistryOptions;
  readonly #authentication: Authentication;

  constructor(options: RegistryOptions) {
    const { reference, connections, credentials, signal } = options;
    this.name = reference.registry;
    this.#origin = reference.origin;
    this.#options = options;
    this.#authentication = new Authentication({ registry: this.name, credentials, connections, signal });
  }

  /** Says beforehand what is going to be asked for, so that one login does for all of it. */
  need(repository: string, actions: 'pull' | 'pull,push'): void {
    this.#authentication.need(repository, actions);
  }

  /** @returns undefined when there is none of this tag or digest */
  async manifest(repository: string, tagOrDigest: string): Promise<ReadManifest | undefined> {
    const url = this.#url(repository, 'manifests', tagOrDigest);
    const answer = await this.#call({ method: 'GET', url, headers: { accept: acceptedManifests } });
    if (answer.statusCode === 404) return void (await this.#discard(answer));
    await this.#require(answer, url, [200]);
    const bytes = await readShort(answer, url, longestManifest);
    const digest = digestOf(bytes);
    if (tagOrDigest.startsWith('sha256:') && tagOrDigest !== digest) throw this.#damaged(tagOrDigest);
    return { bytes, digest, mediaType: headerOf(answer.headers, 'content-type') };
  }

  /** @returns the digest of what a tag stands for */
  async digestOfTag(repository: string, tag: string): Promise<string | undefined> {
    const url = this.#url(repository, 'manifests', tag);
    const answer = await this.#call({ method: 'HEAD', url, headers: { accept: acceptedManifests } });
    await this.#discard(answer);
    if (answer.statusCode !== 200) return undefined;
    return headerOf(answer.headers, 'docker-content-digest');
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    const url = this.#url(repository, 'blobs', digest);
    const answer = await this.#call({ method: 'HEAD', url });
    if (answer.statusCode === 404) {
      await this.#discard(answer);
      return false;
    }
    await this.#require(answer, url, [200]);
    await this.#discard(answer);
    return true;
  }

  /** A short blob. */
  async readBlob(repository: string, digest: string): Promise<Buffer> {
    const { answer, url } = await this.#openBlob(repository, digest);
    const bytes = await readShort(answer, url, longestManifest);
    if (digestOf(bytes) !== digest) throw this.#damaged(digest);
    return bytes;
  }

  /** A blob in pieces. Fails at its end when it is not what was asked for. */
  async openBlob(repository: string, digest: string): Promise<AsyncIterable<Buffer>> {
    const { answer } = await this.#openBlob(repository, digest);
    return this.#checked(answer, digest);
  }

  async *#checked(answer: IncomingMessage, digest: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    for await (const piece of answer as AsyncIterable<Buffer>) {
      hash.update(piece);
      yield piece;
    }
    if (`sha256:${hash.digest('hex')}` !== digest) throw this.#damaged(digest);
  }

  /**
   * Begins an upload.
   *
   * @param mount a repository of this registry that has the blob
   * @returns undefined when there is nothing to send, because the blob was taken from there
   */
  async beginUpload(
    repository: string,
    mount?: { readonly digest: string; readonly from: string },
  ): Promise<Upload | undefined> {
    const url = this.#url(repository, 'blobs', 'uploads/');
    if (mount) {
      url.searchParams.set('mount', mount.digest);
      url.searchParams.set('from', mount.from);
    }
    const answer = await this.#call({ method: 'POST', url, body: emptyBody });
    await this.#require(answer, url, mount ? [201, 202] : [202]);
    await this.#discard(answer);
    return answer.statusCode === 201 ? undefined : { location: this.#location(answer, url) };
  }

  /** Sends a blob in one piece. */
  async finishUpload({ location }: Upload, digest: string, body: Body): Promise<void> {
    const url = new URL(location);
    // As text: what else the query holds is the registry's own, and must not be written anew.
    url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await this.#call({ method: 'PUT', url, headers, body });
    await this.#require(answer, url, [201]);
    await this.#discard(answer);
  }

  /** Puts a manifest under a tag. One that cannot be changed and stands for this manifest is as good. */
  async putManifest(
    repository: string,
    tag: string,
    { bytes, mediaType, digest }: { bytes: Buffer; mediaType: string; digest: string },
  ): Promise<void> {
    const url = this.#url(repository, 'manifests', tag);
    const answer = await this.#call({
      method: 'PUT',
      url,
      headers: { 'content-type': mediaType },
      body: { bytes: bytes.length, open: () => inOnePiece(bytes) },
    });
    if ([400, 409].includes(answer.statusCode ?? 0) && (await this.digestOfTag(repository, tag)) === digest) {
      return this.#discard(answer);
    }
    await this.#require(answer, url, [201]);
    await this.#discard(answer);
    const stored = headerOf(answer.headers, 'docker-content-digest');
    if (stored !== undefined && stored !== digest) throw this.#damaged(digest);
  }

  async #openBlob(repository: string, digest: string) {
    const url = this.#url(repository, 'blobs', digest);
    const answer = await this.#call({ method: 'GET', url });
    await this.#require(answer, url, [200]);
    return { answer, url };
  }

  #url(repository: string, kind: 'manifests' | 'blobs', rest: string): URL {
    return new URL(`/v2/${repository}/${kind}/${rest}`, this.#origin);
  }

  /** Makes a call with what it takes to be let in, and as slowly as the registry wants it. */
  async #call(call: Omit<Call, 'signal'>): Promise<IncomingMessage> {
    let hasLoggedIn = false;
    for (let attempt = 1; ;) {
      const answer = await this.#follow(call);
      const { statusCode: status = 0, headers } = answer;
      if (status === 401) {
        await this.#discard(answer);
        // A token may have expired since; one that is refused as soon as it is given does not suffice.
        if (hasLoggedIn) throw await this.#authentication.refusal(status);
        hasLoggedIn = true;
        await this.#authentication.answer(headerOf(headers, 'www-authenticate'));
      } else if (mayPass(status, call) && attempt < attempts) {
        await this.#discard(answer);
        await this.#pause(status, headerOf(headers, 'retry-after'));
        attempt++;
      } else return answer;
    }
  }

  /** Registries send readers of blobs elsewhere; the login stays here. */
  async #follow(call: Omit<Call, 'signal'>): Promise<IncomingMessage> {
    const { connections, signal } = this.#options;
    let { url } = call;
    for (let redirects = 0; ; redirects++) {
      const { header } = this.#authentication;
      const headers = {
        ...call.headers,
        ...(header !== undefined && url.origin === this.#origin.origin && { authorization: header }),
      };
      const answer = await send({ ...call, url, headers, signal }, connections);
      const { location } = answer.headers;
      const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) && location !== undefined;
      if (!isRedirect || call.method === 'PUT' || call.method === 'POST') return answer;
      await this.#discard(answer);
      url = this.#location(answer, url);
      if (redirects === 5) throw this.#misplaced(url, 'redirects too often');
    }
  }

  /** Where an answer points to: relative or absolute. */
  #location({ headers }: IncomingMessage, url: URL): URL {
    const { location } = headers;
    if (location === undefined || !URL.canParse(location, url.href)) {
      throw this.#misplaced(url, 'returned no valid Location header');
    }
    const place = new URL(location, url);
    if (place.protocol === 'http:' && url.protocol === 'https:') {
      // Behind something that ends TLS, a registry may believe that it is spoken to without.
      if (place.hostname !== url.hostname)
        throw this.#misplaced(place, 'redirects to an address without TLS');
      place.protocol = url.protocol;
      place.port = url.port;
    }
    return place;
  }

  #misplaced({ host }: URL, what: string): LoadwrightError {
    return new LoadwrightError('PROVISIONING_FAILED', `The registry ${this.name} ${what} (${host}).`, {
      hint: 'Ask its operator; for distribution, set REGISTRY_HTTP_HOST to the public URL of the registry.',
    });
  }

  async #pause(status: number, retryAfter: string | undefined): Promise<void> {
    const { signal, onPause } = this.#options;
    const seconds = secondsOf(retryAfter) ?? usualPause;
    const why = status === 429 ? 'limits the rate of requests' : `answered with status ${status}`;
    if (seconds > longestPause) {
      throw new LoadwrightError(
        'PROVISIONING_FAILED',
        `${this.name} ${why} and asks to retry after ${seconds} s.`,
        {
          hint: 'Retry then. Docker Hub allows more with credentials (docker login); or use a base in another registry: --base.',
          retryable: true,
        },
      );
    }
    onPause?.(`${this.name} ${why}: waiting ${seconds} s`);
    await whileWaiting(`${this.name}, which ${why}`, () =>
      delay(seconds * 1000, undefined, { signal }),
    ).catch((error: unknown) => {
      throw new LoadwrightError('ABORTED', `Stopped while waiting for ${this.name}.`, { cause: error });
    });
  }

  /** Reads to the end what nobody needs, so that the connection can be used again; or ends it. */
  async #discard(answer: IncomingMessage): Promise<void> {
    await readShort(answer, this.#origin, longestError).catch(() => answer.destroy());
  }

  async #require(answer: IncomingMessage, url: URL, expected: readonly number[]): Promise<void> {
    const { statusCode: status = 0 } = answer;
    if (expected.includes(status)) return;
    const text = (await readShort(answer, url, longestError)).toString();
    if (status === 403) throw await this.#authentication.refusal(status);
    const { pathname } = url;
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `${this.name} answered ${pathname} with status ${status}${reasonOf(text)}`,
      { hint: hintOf(status), retryable: status === 429 || status >= 500 },
    );
  }

  #damaged(digest: string): LoadwrightError {
    return new LoadwrightError(
      'PROVISIONING_FAILED',
      `The content that ${this.name} has for ${digest} does not match this digest.`,
      {
        hint: 'Try again; if this repeats, the registry is damaged: ask its operator.',
        retryable: true,
      },
    );
  }
}

/** Too many requests, or trouble of the registry's own. An upload that broke off is begun anew by a push, not sent again. */
const mayPass = (status: number, { method }: Pick<Call, 'method'>): boolean =>
  status === 429 || (status >= 500 && method !== 'PUT');

const emptyBody: Body = { bytes: 0, open: () => inOnePiece(Buffer.alloc(0)) };

/** What a registry says of its error; never what it was asked with. */
function reasonOf(text: string): string {
  try {
    const [first] = errorsSchema.parse(JSON.parse(text)).errors;
    const words = [first?.code, first?.message].filter((word) => word !== undefined && word !== '');
    return `: ${printable(words.join(', ')).slice(0, 300)}`;
  } catch {
    return '.';
  }
}

function hintOf(status: number): string {
  if (status === 404)
    return 'Check the name of the repository. Some registries, such as ECR, need it to be created first: aws ecr create-repository.';
  if (status === 405)
    return 'Name a registry that accepts pushes: this one may be a read-only mirror or pull-through cache.';
  if (status === 413)
    return 'Ask the operator: a proxy in front of the registry limits the size of a request (nginx: client_max_body_size).';
  if (status === 429 || status >= 500) return 'Try again: blobs that it has are not sent again.';
  return 'Check the name, and that the address belongs to a registry.';
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function secondsOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
