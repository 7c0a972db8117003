import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A registry that has blobs and manifests, for the face before it. */
export interface Registry {
  readonly host: string;
  /** What it asks for: the value of the header Authorization. */
  readonly authorization: string | undefined;
  stop(): Promise<void>;
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Of a repository: digest or tag → what it names. */
interface Content {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly bytes: Buffer; readonly mediaType: string }>;
}

/**
 * A registry in memory, for computers without Debian's: what a push in one PUT a blob, and a pull, need of
 * github.com/opencontainers/distribution-spec.
 */
export class SmallRegistry implements Registry {
  readonly authorization = undefined;
  readonly #content = new Map<string, Content>();
  readonly #server: Server;
  #uploads = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<SmallRegistry> {
    const server = createServer();
    const registry = new SmallRegistry(server);
    server.on('request', (request, response) => void registry.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #of(name: string): Content {
    const found = this.#content.get(name) ?? { blobs: new Map(), manifests: new Map() };
    this.#content.set(name, found);
    return found;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    const at = new URL(url, `http://${this.host}`);
    const end = (status: number, more: Record<string, string> = {}, content?: Buffer) =>
      void response.writeHead(status, more).end(method === 'HEAD' ? undefined : content);
    if (at.pathname === '/v2/') return end(200);
    const [, name = '', kind, rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs)\/(.*)$/.exec(at.pathname) ?? [];
    const { blobs, manifests } = this.#of(name);
    if (kind === 'manifests' && method === 'PUT') {
      const one = { bytes: body, mediaType: headers['content-type'] ?? '' };
      for (const key of [rest, sha256(body)]) manifests.set(key, one);
      return end(201, { 'docker-content-digest': sha256(body) });
    }
    if (kind === 'manifests') {
      const found = manifests.get(rest);
      if (!found || !headers.accept?.includes(found.mediaType)) return end(404);
      const { bytes, mediaType } = found;
      const length = String(bytes.length);
      const digest = sha256(bytes);
      return end(
        200,
        { 'content-type': mediaType, 'content-length': length, 'docker-content-digest': digest },
        bytes,
      );
    }
    if (method === 'POST') {
      return end(202, { location: `/v2/${name}/blobs/uploads/${(this.#uploads += 1)}?_state=given` });
    }
    if (method === 'PUT') {
      const digest = at.searchParams.get('digest') ?? '';
      if (digest !== sha256(body)) return end(400);
      blobs.set(digest, body);
      return end(201, { 'docker-content-digest': digest });
    }
    const blob = blobs.get(rest);
    return blob ? end(200, { 'content-length': String(blob.length) }, blob) : end(404);
  }
}
