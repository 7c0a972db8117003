import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Temporary credentials. */
export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface MetadataRole {
  readonly name: string;
  readonly keys: RoleKeys;
}

const hoursValid = 6;

/**
 * Version 2 of the instance metadata service, as far as a machine looks at it: nobody gets an answer without a token.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
export class MetadataService {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param role undefined: the machine has none. */
  static async start(address: string, role: MetadataRole | undefined): Promise<MetadataService> {
    const tokens = new Set<string>();
    const server = createServer(({ method, url = '', headers }, response) => {
      if (method === 'PUT' && url === '/latest/api/token') {
        if (!headers['x-aws-ec2-metadata-token-ttl-seconds']) return end(response, 400);
        const token = randomUUID();
        tokens.add(token);
        return end(response, 200, token);
      }
      if (!tokens.has(String(headers['x-aws-ec2-metadata-token']))) return end(response, 401);
      const text = method === 'GET' ? contentOf(url, role) : undefined;
      return end(response, text === undefined ? 404 : 200, text);
    });
    server.listen(0, address);
    await once(server, 'listening');
    return new MetadataService(server, `http://${address}:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function contentOf(url: string, role: MetadataRole | undefined): string | undefined {
  const path = url.replace('/latest/meta-data/', '');
  if (path === 'services/domain') return 'amazonaws.com';
  if (!role) return undefined;
  if (path === 'iam/security-credentials/') return role.name;
  if (path !== `iam/security-credentials/${role.name}`) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken } = role.keys;
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: new Date(Date.now() + hoursValid * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}

function end(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status).end(text);
}
