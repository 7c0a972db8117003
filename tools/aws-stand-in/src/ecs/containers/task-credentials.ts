import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RoleKeys } from '../../real-machine/metadata-service.js';

const hoursValid = 6;

/** What the agent serves at 169.254.170.2: the credentials of task roles, each at a path that only its task knows. */
export class TaskCredentials {
  readonly #byPath = new Map<string, { readonly roleArn: string; readonly keys: RoleKeys }>();
  #server: Promise<Server> | undefined;

  /** @returns the variable of a container that says where they are. */
  async add(roleArn: string, keys: RoleKeys): Promise<Record<string, string>> {
    const path = `/v2/credentials/${randomUUID()}`;
    this.#byPath.set(path, { roleArn, keys });
    this.#server ??= this.#start();
    const { port } = (await this.#server).address() as AddressInfo;
    // The address of the agent cannot be had here: containers take another one of loopback.
    return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}${path}` };
  }

  async stop(): Promise<void> {
    const server = await this.#server;
    this.#server = undefined;
    this.#byPath.clear();
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  }

  async #start(): Promise<Server> {
    const server = createServer(({ url = '' }, response) => {
      const found = this.#byPath.get(url);
      if (!found) return void response.writeHead(404).end();
      const { accessKeyId, secretAccessKey, sessionToken } = found.keys;
      response.setHeader('content-type', 'application/json').end(
        JSON.stringify({
          RoleArn: found.roleArn,
          AccessKeyId: accessKeyId,
          SecretAccessKey: secretAccessKey,
          Token: sessionToken,
          Expiration: new Date(Date.now() + hoursValid * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }
}
