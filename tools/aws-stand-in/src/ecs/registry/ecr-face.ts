import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Repositories, Repository } from './repositories.js';
import type { Registry } from './small-registry.js';

/** Who shows a token, and what it may do: see `permits`. */
export interface EcrFaceOptions {
  readonly registry: Registry;
  readonly repositories: () => Repositories;
  /** The access key that a password was given to; undefined: it is none that is valid. */
  readonly ownerOf: (password: string) => string | undefined;
  /** Whether that caller may do this to a repository. */
  readonly permits: (accessKeyId: string, action: string, repositoryArn: string) => boolean;
}

/** What IAM asks about for a request to the registry: docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html */
function actionOf(method: string, kind: string, rest: string): string {
  const isRead = method === 'GET' || method === 'HEAD';
  if (kind === 'manifests') return isRead ? 'ecr:BatchGetImage' : 'ecr:PutImage';
  if (method === 'POST') return 'ecr:InitiateLayerUpload';
  if (method === 'PUT') return rest.startsWith('uploads/') ? 'ecr:CompleteLayerUpload' : 'ecr:PutImage';
  if (method === 'PATCH') return 'ecr:UploadLayerPart';
  return method === 'HEAD' ? 'ecr:BatchCheckLayerAvailability' : 'ecr:GetDownloadUrlForLayer';
}

/**
 * A registry that answers as ECR does, before one that has the bytes: its own user and tokens, only the repositories and
 * images of the account, no mounts, and a PATCH with 201 and a range that stays.
 */
export class EcrFace {
  /** Methods and paths of all requests. */
  readonly requests: string[] = [];
  readonly #options: EcrFaceOptions;
  readonly #server: Server;

  private constructor(options: EcrFaceOptions, server: Server) {
    this.#options = options;
    this.#server = server;
  }

  static async start(options: EcrFaceOptions): Promise<EcrFace> {
    const server = createServer({ keepAliveTimeout: 600_000 });
    const face = new EcrFace(options, server);
    server.on('request', (incoming, response) => face.#answer(incoming, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return face;
  }

  /** Host and port. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    const { method = '', headers } = incoming;
    const url = new URL(incoming.url ?? '', `http://${this.#options.registry.host}`);
    this.requests.push(`${method} ${url.pathname}`);
    const refuse = (status: number, code: string, more: Record<string, string> = {}) => {
      incoming.resume();
      const body = JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] });
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(method === 'HEAD' ? undefined : body);
    };
    const caller = this.#callerOf(headers.authorization);
    if (caller === undefined) {
      const challenge = 'Basic realm="https://ecr.example/",service="ecr.amazonaws.com"';
      return refuse(401, 'UNAUTHORIZED', { 'www-authenticate': challenge });
    }
    if (url.pathname === '/v2/') return void response.writeHead(200).end();
    const [, name = '', kind = '', key = ''] =
      /^\/v2\/(.+?)\/(manifests|blobs)\/(.*)$/.exec(url.pathname) ?? [];
    const { repositories, permits } = this.#options;
    const repository = repositories().all.get(name);
    if (!repository) return refuse(404, 'NAME_UNKNOWN');
    if (!permits(caller, actionOf(method, kind, key), repository.arn)) return refuse(403, 'DENIED');
    if (method === 'PATCH') {
      incoming.resume();
      return void response.writeHead(201, { range: '0-0' }).end();
    }
    const isRead = method === 'GET' || method === 'HEAD';
    if (kind === 'manifests' && isRead && !repositories().image(repository, key)) {
      return refuse(404, 'MANIFEST_UNKNOWN');
    }
    if (kind === 'manifests' && !isRead && repository.isImmutable && repositories().image(repository, key)) {
      return refuse(400, 'TAG_INVALID');
    }
    if (kind === 'blobs' && isRead && !repository.blobs.has(key)) return refuse(404, 'BLOB_UNKNOWN');
    url.searchParams.delete('mount');
    url.searchParams.delete('from');
    this.#pass(incoming, response, url, { repository, kind, key });
  }

  #callerOf(authorization = ''): string | undefined {
    const [user, password = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(/:(.*)/s);
    return user === 'AWS' ? this.#options.ownerOf(password) : undefined;
  }

  #pass(
    incoming: IncomingMessage,
    response: ServerResponse,
    url: URL,
    { repository, kind, key }: { repository: Repository; kind: string; key: string },
  ): void {
    const { method, headers } = incoming;
    const { registry, repositories } = this.#options;
    const { authorization: _, ...kept } = headers;
    const login = registry.authorization === undefined ? {} : { authorization: registry.authorization };
    const outgoing = request(url, { method, headers: { ...kept, ...login } }, (reply) => {
      const isStored = method === 'PUT' && reply.statusCode === 201;
      if (isStored && kind === 'blobs') repository.blobs.add(url.searchParams.get('digest') ?? '');
      if (isStored && kind === 'manifests') {
        repositories().store(repository, key, {
          digest: String(reply.headers['docker-content-digest']),
          mediaType: String(headers['content-type']),
          bytes: Number(headers['content-length'] ?? 0),
        });
      }
      response.writeHead(reply.statusCode ?? 0, reply.headers);
      reply.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }
}
