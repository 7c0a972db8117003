import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../src/process/ports.js';

/** The user of the registry. The hash is of bcrypt, of this password. */
export const registryUser = {
  username: 'loadwright',
  password: 'registry-password',
  hash: '$2b$04$uWRz7qUnhmBZuvBfhf7VaeQMcP2v7yMgHicVGhWaxYd01.QBbcvwi',
} as const;

/** A registry of its own, which ends with the test. */
export interface DockerRegistry {
  readonly host: string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Starts Debian's docker-registry on loopback, with a login and its blobs in a folder. */
export async function startDockerRegistry(): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-registry-'));
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const { username, hash } = registryUser;
  await writeFile(join(folder, 'htpasswd'), `${username}:${hash}\n`);
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${folder}/data}}
http: {addr: ${host}}
auth: {htpasswd: {realm: here, path: ${folder}/htpasswd}}
`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  // It calls every blob that is not there an error.
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-5000)));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      answers(host),
      ended.then(() => Promise.reject(new Error(`docker-registry ended: ${log}`))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { host, [Symbol.asyncDispose]: stop };
}

async function answers(host: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const status = await fetch(`http://${host}/v2/`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 401) return;
    await delay(50);
  }
  throw new Error(`docker-registry does not answer at ${host}`);
}
