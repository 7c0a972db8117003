import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { motoServer, StandInProcess, withLifeline } from './processes.js';

const images = fileURLToPath(new URL('./images.json', import.meta.url));

const startedWithinMilliseconds = 60_000;
const graceMilliseconds = 2000;

/** A moto_server that whoever holds it has for himself. */
export interface MotoServer {
  readonly url: string;
  stop(): Promise<unknown>;
}

/** Starts a moto_server of this process: it ends with it, however that ends. */
export async function startMotoServer(): Promise<MotoServer> {
  const lines: string[] = [];
  let announce: (url: string) => void = () => {};
  const announced = new Promise<string>((resolve) => (announce = resolve));
  const child = new StandInProcess({
    command: [...withLifeline, motoServer, '-H', '127.0.0.1', '-p', '0'],
    environment: {
      PATH: process.env['PATH'] ?? '',
      PYTHONUNBUFFERED: '1',
      MOTO_AMIS_PATH: images,
      MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: '1',
      MOTO_ENABLE_AMI_VALIDATION: '1',
    },
    onLine: (line) => {
      lines.push(line);
      const url = /Running on (http:\/\/\S+)/.exec(line)?.[1];
      if (url) announce(url);
    },
  });
  const ended = child.exited.then(({ description }) => {
    throw new Error(`moto_server ${description}:\n${lines.join('\n')}`);
  });
  const url = await Promise.race([announced, ended]);
  ended.catch(() => {});
  const deadline = Date.now() + startedWithinMilliseconds;
  while ((await fetch(`${url}/moto-api/`).catch(() => undefined))?.ok !== true) {
    if (Date.now() > deadline) throw new Error(`moto_server does not answer:\n${lines.join('\n')}`);
    await delay(25);
  }
  return { url, stop: () => child.end(graceMilliseconds) };
}
