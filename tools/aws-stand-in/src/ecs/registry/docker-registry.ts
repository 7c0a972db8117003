import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StandInProcess, withLifeline } from '../../processes.js';
import type { Registry } from './small-registry.js';

/** The user behind the face. The hash is of bcrypt, of this password. */
const user = {
  name: 'loadwright',
  password: 'registry-password',
  hash: '$2b$04$uWRz7qUnhmBZuvBfhf7VaeQMcP2v7yMgHicVGhWaxYd01.QBbcvwi',
} as const;

const mostAttempts = 400;

/** Whether Debian's registry is installed on this computer. */
export function hasDockerRegistry(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'docker-registry'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts Debian's docker-registry on loopback, with a login and its blobs in a folder that goes with it. */
export async function startDockerRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-ecr-'));
  const host = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'htpasswd'), `${user.name}:${user.hash}\n`);
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${folder}/data}}
http: {addr: ${host}}
auth: {htpasswd: {realm: here, path: ${folder}/htpasswd}}
`,
  );
  const lines: string[] = [];
  const child = new StandInProcess({
    command: [...withLifeline, 'docker-registry', 'serve', join(folder, 'config.yml')],
    environment: { PATH: process.env['PATH'] ?? '' },
    // It calls every blob that is not there an error.
    onLine: (line) => void (lines.push(line) > 20 && lines.shift()),
  });
  const stop = async () => {
    child.signalGroup('SIGKILL');
    await child.exited;
    await rm(folder, { recursive: true, force: true });
  };
  const answers = async () => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
      if (answer?.status === 401) return;
      await delay(25);
    }
    throw new Error('it does not answer');
  };
  const ended = child.exited.then(({ description }) => Promise.reject(new Error(description)));
  ended.catch(() => {});
  try {
    await Promise.race([answers(), ended]);
  } catch (error) {
    await stop();
    throw new Error(`docker-registry: ${String(error)}\n${lines.join('\n')}`, { cause: error });
  }
  const authorization = `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
  return { host, authorization, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
