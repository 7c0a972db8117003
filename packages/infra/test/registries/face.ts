import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registryUser } from './docker-registry.js';

/** What stands before a real registry, and lets people in as other ones do. */
export interface Face {
  readonly host: string;
  /** Methods and paths of all calls. */
  readonly calls: string[];
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The password that ECR gives for 12 hours. */
export const ecrUser = { username: 'AWS', password: 'password-of-ecr' };

/**
 * A registry that answers as ECR does: its own user, no mounts, and a PATCH with 201 and a range that stays. Behind it, a real one
 * has the blobs.
 */
export function startEcrFace(behind: string): Promise<Face> {
  return startFace(behind, ({ method, headers }, response, url) => {
    if (headers.authorization !== basic(ecrUser.username, ecrUser.password)) {
      response.writeHead(401, {
        'www-authenticate': `Basic realm="https://ecr.example/",service="ecr.amazonaws.com"`,
      });
      return true;
    }
    if (method === 'PATCH') {
      response.writeHead(201, { range: '0-0' });
      return true;
    }
    url.searchParams.delete('mount');
    url.searchParams.delete('from');
    return false;
  });
}

/** A registry with tokens, as Docker Hub and ghcr.io have them: who has no password may read. */
export function startTokenFace(behind: string): Promise<Face> {
  const { username, password } = registryUser;
  return startFace(behind, ({ method, headers }, response, url) => {
    if (url.pathname === '/token') {
      const scopes = url.searchParams.getAll('scope').join(' ');
      const isUser = headers.authorization === basic(username, password);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(
        JSON.stringify({ token: `${isUser ? 'user' : 'anyone'} ${scopes}`.replaceAll(' ', '_') }),
      );
      return true;
    }
    const [, repository = ''] = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(url.pathname) ?? [];
    const isRead = method === 'GET' || method === 'HEAD';
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    const isAllowed =
      token.includes(`repository:${repository}:pull`) &&
      (isRead || (token.startsWith('user') && token.includes(`repository:${repository}:pull,push`)));
    if (isAllowed) return false;
    const scope = `repository:${repository}:${isRead ? 'pull' : 'pull,push'}`;
    response.writeHead(401, {
      'www-authenticate': `Bearer realm="http://${headers.host}/token",service="face",scope="${scope}"`,
    });
    return true;
  });
}

/** @param answer writes the head of an answer of its own and returns true, or lets the call through */
async function startFace(
  behind: string,
  answer: (incoming: IncomingMessage, response: ServerResponse, url: URL) => boolean,
): Promise<Face> {
  const calls: string[] = [];
  const server = createServer((incoming, response) => {
    const { method, headers } = incoming;
    const url = new URL(incoming.url ?? '', `http://${behind}`);
    calls.push(`${method} ${url.pathname}`);
    if (answer(incoming, response, url)) {
      incoming.resume();
      return void response.end();
    }
    const authorization = basic(registryUser.username, registryUser.password);
    const outgoing = request(url, { method, headers: { ...headers, authorization } }, (reply) => {
      response.writeHead(reply.statusCode ?? 0, reply.headers);
      reply.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
