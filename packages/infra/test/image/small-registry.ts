import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** How a registry of these tests lets people in. */
export type Login =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly scheme: 'bearer';
      /** Absent: everybody may read, and nobody may write. */
      readonly username?: string;
      readonly password?: string;
      readonly identityToken?: string;
    };

export interface RegistryTraits {
  readonly login?: Login;
  readonly location?: 'relative' | 'absolute';
  /** `false`: it answers 202 and waits for the blob, as ECR does. */
  readonly mounts?: boolean;
  /** Readers of blobs are sent to this origin. */
  readonly blobsAt?: string;
  /** Tags cannot be put twice. */
  readonly isImmutable?: boolean;
  /** What it answers instead, asked before everything else. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
}

const sha256 = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry in memory that is as particular as registries are. */
export class SmallRegistry {
  readonly calls: string[] = [];
  /** Values of the header Authorization, each with the origin that it was sent to. */
  readonly logins: string[] = [];
  readonly tokenCalls: URL[] = [];
  readonly #repositories = new Map<string, Repository>();
  readonly #traits: RegistryTraits;
  #server: Server | undefined;
  #uploads = 0;

  private constructor(traits: RegistryTraits) {
    this.#traits = traits;
  }

  static async start(traits: RegistryTraits = {}): Promise<SmallRegistry> {
    const registry = new SmallRegistry(traits);
    const server = createServer((request, response) => void registry.#answer(request, response));
    registry.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  repository(name: string): Repository {
    let repository = this.#repositories.get(name);
    if (!repository) this.#repositories.set(name, (repository = { blobs: new Map(), manifests: new Map() }));
    return repository;
  }

  putBlob(name: string, bytes: Buffer | string): { digest: string; size: number } {
    const content = Buffer.from(bytes);
    this.repository(name).blobs.set(sha256(content), content);
    return { digest: sha256(content), size: content.length };
  }

  putManifest(
    name: string,
    tag: string,
    manifest: { mediaType?: string },
    mediaType = manifest.mediaType ?? '',
  ) {
    const bytes = Buffer.from(JSON.stringify(manifest));
    for (const key of [tag, sha256(bytes)]) this.repository(name).manifests.set(key, { bytes, mediaType });
    return { digest: sha256(bytes), size: bytes.length, mediaType };
  }

  /** The manifest under a tag or digest. */
  manifest(
    name: string,
    tag: string,
  ): Record<string, never> & { layers: { digest: string; mediaType: string }[] } {
    return JSON.parse(String(this.repository(name).manifests.get(tag)?.bytes)) as never;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    this.calls.push(`${method} ${url}`);
    if (headers.authorization !== undefined) this.logins.push(headers.authorization);
    if (this.#traits.instead?.(request, response)) return;
    const at = new URL(url, this.origin);
    const body = await buffer(request);
    if (at.pathname === '/token') return this.#giveToken(at, request, body, response);
    if (!this.#letIn(request, response)) return;
    const [, name = '', kind, rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs)\/(.+)$/.exec(at.pathname) ?? [];
    const end = (status: number, more: Record<string, string> = {}, content?: Buffer) =>
      void response.writeHead(status, more).end(method === 'HEAD' ? undefined : content);
    if (method === 'PATCH') return end(201, { range: '0-0' });
    if (kind === 'manifests') return this.#manifests(name, rest, { request, body, end });
    if (rest.startsWith('uploads/')) return this.#uploadsOf(name, at, { method, body, end });
    const blob = this.repository(name).blobs.get(rest);
    if (!blob) return end(404);
    if (this.#traits.blobsAt !== undefined && method === 'GET') {
      return end(307, { location: `${this.#traits.blobsAt}${at.pathname}` });
    }
    return end(200, { 'content-length': String(blob.length) }, blob);
  }

  #manifests(
    name: string,
    key: string,
    { request, body, end }: { request: IncomingMessage; body: Buffer; end: End },
  ): void {
    const { manifests, blobs } = this.repository(name);
    if (request.method === 'PUT') {
      if (this.#traits.isImmutable && manifests.has(key))
        return end(400, {}, error('TAG_INVALID', 'immutable'));
      const { config, layers } = JSON.parse(String(body)) as Record<string, never> & {
        config: { digest: string };
        layers: { digest: string }[];
      };
      const missing = [config, ...layers].find(({ digest }) => !blobs.has(digest));
      if (missing) return end(400, {}, error('MANIFEST_BLOB_UNKNOWN', missing.digest));
      const mediaType = request.headers['content-type'] ?? '';
      for (const one of [key, sha256(body)]) manifests.set(one, { bytes: body, mediaType });
      return end(201, { 'docker-content-digest': sha256(body) });
    }
    const found = manifests.get(key);
    // As distribution does: what the caller does not know is not there.
    if (!found || !request.headers.accept?.includes(found.mediaType))
      return end(404, {}, error('MANIFEST_UNKNOWN', ''));
    const headers = { 'content-type': found.mediaType, 'docker-content-digest': sha256(found.bytes) };
    return end(200, headers, found.bytes);
  }

  #uploadsOf(name: string, at: URL, { method, body, end }: { method: string; body: Buffer; end: End }): void {
    const { blobs } = this.repository(name);
    if (method === 'POST') {
      const [mount, from] = [at.searchParams.get('mount'), at.searchParams.get('from')];
      const known = mount && from ? this.repository(from).blobs.get(mount) : undefined;
      if (known && this.#traits.mounts !== false) {
        blobs.set(sha256(known), known);
        return end(201);
      }
      const path = `/v2/${name}/blobs/uploads/${++this.#uploads}?_state=a%2Fb%3D%3D`;
      return end(202, { location: this.#traits.location === 'absolute' ? this.origin + path : path });
    }
    // What it has given must come back as it was.
    if (!at.search.startsWith('?_state=a%2Fb%3D%3D&digest='))
      return end(400, {}, error('BLOB_UPLOAD_INVALID', at.search));
    const digest = at.searchParams.get('digest') ?? '';
    if (digest !== sha256(body)) return end(400, {}, error('DIGEST_INVALID', digest));
    blobs.set(digest, body);
    return end(201);
  }

  #letIn({ headers, method }: IncomingMessage, response: ServerResponse): boolean {
    const { login = { scheme: 'none' } } = this.#traits;
    if (login.scheme === 'none') return true;
    if (login.scheme === 'basic') {
      const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
      if (headers.authorization === expected) return true;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="here, or there"' }).end();
      return false;
    }
    const may = headers.authorization?.replace('Bearer token-', '');
    if (may === 'write' || (may === 'read' && ['GET', 'HEAD'].includes(method ?? ''))) return true;
    const wanted = `Bearer realm="${this.origin}/token",service="small, but real",scope="repository:any:pull"`;
    response.writeHead(401, { 'www-authenticate': wanted }).end();
    return false;
  }

  #giveToken(at: URL, { headers, method }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    this.tokenCalls.push(at);
    const { login } = this.#traits;
    if (login?.scheme !== 'bearer') return void response.writeHead(404).end();
    const { username, password, identityToken } = login;
    const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const form = new URLSearchParams(body.toString());
    const isKnown =
      method === 'POST'
        ? identityToken !== undefined && form.get('refresh_token') === identityToken
        : headers.authorization === expected;
    if (!isKnown && headers.authorization !== undefined) return void response.writeHead(401).end();
    // Some say token, some access_token.
    const token = isKnown ? { access_token: 'token-write' } : { token: 'token-read' };
    response.writeHead(200).end(JSON.stringify(token));
  }
}

type End = (status: number, headers?: Record<string, string>, content?: Buffer) => void;

function error(code: string, message: string): Buffer {
  return Buffer.from(JSON.stringify({ errors: [{ code, message }] }));
}

const types = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

/** Puts an image of two layers, or with several architectures a list of them, into a registry. */
export function putBase(
  registry: SmallRegistry,
  name: string,
  { dialect = 'docker', architectures = ['amd64'] as readonly string[], config = {} as object } = {},
): { digest: string } {
  const type = types[dialect as keyof typeof types];
  const manifests = architectures.map((architecture) => {
    const layers = ['system', 'locust'].map((content) => ({
      mediaType: type.layer,
      ...registry.putBlob(name, `${content} for ${architecture}`),
    }));
    const text = JSON.stringify({
      architecture,
      os: 'linux',
      config: { User: 'locust', Entrypoint: ['locust'], Labels: { kept: 'yes' } },
      rootfs: { type: 'layers', diff_ids: [sha256('1'), sha256('2')] },
      history: [{ created_by: 'one' }, { created_by: 'two' }],
      ...config,
    });
    const manifest = {
      schemaVersion: 2,
      mediaType: type.manifest,
      config: { mediaType: type.config, ...registry.putBlob(name, text) },
      layers,
    };
    const platform = { os: 'linux', architecture };
    return {
      ...registry.putManifest(name, architectures.length > 1 ? architecture : 'latest', manifest),
      platform,
    };
  });
  const [only] = manifests;
  if (manifests.length === 1 && only) return only;
  // As builders add them: a provenance that is no image.
  const unknown = { ...only, platform: { os: 'unknown', architecture: 'unknown' } };
  return registry.putManifest(name, 'latest', {
    schemaVersion: 2,
    mediaType: type.index,
    manifests: [unknown, ...manifests],
  } as never);
}
