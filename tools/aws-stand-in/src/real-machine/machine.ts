import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Machine } from '../machine.js';
import { locust, python, StandInProcess, withLifeline } from '../processes.js';
import { joinCompose, pathOnMachine, publishedPort, type ComposeService } from './compose.js';
import { MetadataService, type MetadataRole } from './metadata-service.js';

const home = '/opt/loadwright';
const secrets = '/run/loadwright';
/** How long the machine tries to get its bundle and its variables, in seconds. */
const patience = '15';
/** Ports of Locust inside the containers. */
const [webPort, masterPort] = [8089, 5557];
/** Lines of a process that are told when it fails. */
const toldLines = 15;

/** What of `settings.json` it looks at itself. */
interface Settings {
  readonly workers: number;
  readonly scheme: 'http' | 'https';
}

export interface RealMachineOptions {
  readonly machine: Machine;
  readonly role: MetadataRole | undefined;
  /** Of all services. */
  readonly endpoint: string;
  readonly onFailure: (text: string) => void;
}

/**
 * One machine: the files of its user data below a folder of its own, the very `fetch.py` of these, and Locust as the
 * compose files say. Only what the system and the containers would have kept apart is added: paths, addresses and ports.
 *
 * What `prepare.sh` does besides (packages, limits, Docker itself) does not happen here.
 */
export class RealMachine {
  /** What the console shows. */
  readonly console: string[] = [];
  readonly #options: RealMachineOptions;
  readonly #address: string;
  readonly #processes: StandInProcess[] = [];
  readonly #started: Promise<void>;
  #folder = '';
  #metadata: MetadataService | undefined;
  #isEnding = false;

  constructor(options: RealMachineOptions) {
    this.#options = options;
    this.#address = options.machine.privateAddress;
    this.#started = this.#start().catch((error: unknown) => this.#fail('starting', String(error)));
  }

  /** Ends at once, as a machine whose power is cut. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#endProcesses();
    // What was being started meanwhile.
    await this.#started;
    await this.#endProcesses();
    await this.#metadata?.stop();
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { machine, role, endpoint } = this.#options;
    // Only its owner may look into it: the secrets of the fleet are below it.
    this.#folder = await mkdtemp(join(tmpdir(), 'loadwright-machine-'));
    await this.#writeFiles(machine.userData);
    this.#metadata = await MetadataService.start(this.#address, role);
    const shell = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: this.#metadata.url,
    };
    await mkdir(this.#path(secrets), { recursive: true, mode: 0o700 });
    await this.#script('fetch.py', [`${home}/bundle`, secrets], shell);
    const settings = JSON.parse(await readFile(this.#path(`${home}/settings.json`), 'utf8')) as Settings;
    if (settings.scheme === 'https') await this.#script('certificate.py', [secrets], shell);
    const files = [`${home}/bundle/docker-compose.yml`, `${home}/machine.yml`];
    const texts = await Promise.all(files.map((file) => readFile(this.#path(file), 'utf8')));
    const { master, worker } = joinCompose(texts, `${home}/bundle`, shell);
    if (!master || !worker) throw new Error('the compose files have no master and worker');
    await this.#startLocust(master, worker, settings);
  }

  /** What cloud-init does with `write_files`. */
  async #writeFiles(userData: Buffer): Promise<void> {
    const { write_files: files } = parse(gunzipSync(userData).toString()) as {
      write_files: readonly { path: string; permissions: string; content: string }[];
    };
    for (const { path, permissions, content } of files) {
      await mkdir(dirname(this.#path(path)), { recursive: true });
      await writeFile(this.#path(path), content, { mode: Number.parseInt(permissions, 8) });
    }
  }

  /** As `prepare.sh` calls it, but with less patience. */
  async #script(
    name: string,
    folders: readonly string[],
    shell: Readonly<Record<string, string>>,
  ): Promise<void> {
    const files = [`${home}/${name}`, `${home}/settings.json`, ...folders];
    const { process, lines } = this.#run(name, {
      command: [...withLifeline, python, ...files.map((path) => this.#path(path)), patience],
      directory: this.#folder,
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin', ...shell },
    });
    const { code, description } = await process.exited;
    if (code !== 0) throw new Error(`${name} ${description}:\n${lines.join('\n')}`);
  }

  async #startLocust(master: ComposeService, worker: ComposeService, settings: Settings): Promise<void> {
    if (!worker.sharesNetwork) throw new Error('the worker would not find a master at 127.0.0.1');
    await this.#startNode('master', master, [
      ...['--web-host', this.#address, '--web-port', String(publishedPort(master, webPort, 'any'))],
      ...['--master-bind-host', this.#address],
      ...['--master-bind-port', String(publishedPort(master, masterPort, '127.0.0.1'))],
    ]);
    for (let number = 1; number <= settings.workers; number += 1) {
      await this.#startNode(`worker-${number}`, worker, ['--master-host', this.#address]);
    }
  }

  async #startNode(name: string, service: ComposeService, added: readonly string[]): Promise<void> {
    const own = `/containers/${name}`;
    const inside = (path: string) => this.#path(pathOnMachine(service, path) ?? `${own}${path}`);
    await mkdir(this.#path(`${own}/tmp`), { recursive: true });
    const variables = Object.entries(service.environment).map(([variable, value]) => {
      const path = pathOnMachine(service, value);
      return [variable, path === undefined ? value : this.#path(path)];
    });
    const { process, lines } = this.#run(name, {
      command: [
        locust,
        ...service.command.map((word) => (word.startsWith('/') ? inside(word) : word)),
        ...added,
      ],
      directory: inside(service.directory),
      environment: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: this.#path(own),
        // The bundle is mounted read-only.
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        ...(Object.fromEntries(variables) as Record<string, string>),
      },
    });
    void process.exited.then(({ description }) =>
      this.#fail(`running ${name}`, `${name} ${description}:\n${lines.join('\n')}`),
    );
  }

  #run(name: string, options: { command: string[]; directory: string; environment: Record<string, string> }) {
    if (this.#isEnding) throw new Error(`the machine ended before ${name} began`);
    const lines: string[] = [];
    const onLine = (line: string) => {
      if (lines.push(line) > toldLines) lines.shift();
    };
    const process = new StandInProcess({ ...options, onLine });
    this.#processes.push(process);
    this.console.push(`loadwright: starting ${name}`);
    return { process, lines };
  }

  /** Says it as `prepare.sh` does. */
  #fail(step: string, text: string): void {
    if (this.#isEnding) return;
    const lines = [...text.split('\n'), `FAILED while ${step}`];
    this.console.push(...lines.map((line) => `loadwright: ${line}`));
    this.#options.onFailure(text);
  }

  async #endProcesses(): Promise<void> {
    for (const process of this.#processes) process.signalGroup('SIGKILL');
    await Promise.all(this.#processes.map(({ exited }) => exited));
  }

  #path(path: string): string {
    return join(this.#folder, path);
  }
}
