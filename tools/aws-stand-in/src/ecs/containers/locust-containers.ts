import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { locust, StandInProcess, type ProcessExit } from '../../processes.js';
import type { RoleKeys } from '../../real-machine/metadata-service.js';
import type { ContainerDefinition, Task } from '../records.js';
import { CannotStart, type ContainerRuntime, type RunningTask } from '../runtime.js';
import { Images, type ImageConfiguration, type PulledImage } from './images.js';
import { LogStream } from './log-stream.js';
import { TaskCredentials } from './task-credentials.js';
import type { AwsStandIn } from '../../stand-in.js';

export interface LocustContainersOptions {
  /** Credentials that task roles give. Default: made up for each task. */
  readonly keys?: RoleKeys;
}

/** Containers that run the Locust of these tests, from the image, the command and the variables of their task. */
export interface LocustContainers extends ContainerRuntime {
  /** For the `containers` of the stand-in's behaviour. */
  readonly start: ContainerRuntime['start'];
  /** What ended with another code than 0 without having been asked to, with its last lines. */
  readonly failures: string[];
  /** Sends the processes of all containers of this name a signal: one that is stopped is as a machine that hangs. */
  readonly signal: (name: string, signal: NodeJS.Signals) => void;
  /** Names of the containers that run. */
  readonly running: () => readonly string[];
  /** Removes the images; after the stand-in has ended. */
  readonly clear: () => Promise<void>;
}

const keptLines = 30;
const defaultStopSeconds = 30;
const exitCodes: Readonly<Record<string, number>> = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 };

export function locustContainers(aws: AwsStandIn, options: LocustContainersOptions = {}): LocustContainers {
  const images = new Images();
  const credentials = new TaskCredentials();
  const failures: string[] = [];
  const started = new Map<StandInProcess, string>();

  return {
    failures,
    start,
    signal: (name, signal) => {
      for (const [one, container] of started) if (container === name) one.signalGroup(signal);
    },
    running: () => [...started.values()],
    clear: async () => {
      await images.clear();
      await credentials.stop();
    },
  };

  async function start(task: Task): Promise<RunningTask> {
    const folder = await mkdtemp(join(tmpdir(), 'loadwright-task-'));
    const processes = new Map<ContainerDefinition, StandInProcess>();
    try {
      const role = await variablesOfRole(task);
      for (const container of task.definition.containerDefinitions) {
        processes.set(container, await startContainer(task, container, folder, role));
      }
    } catch (error) {
      for (const one of processes.values()) one.signalGroup('SIGKILL');
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return supervise(processes, folder);
  }

  async function variablesOfRole({ definition: { taskRoleArn } }: Task): Promise<Record<string, string>> {
    if (taskRoleArn === undefined) return {};
    const keys = options.keys ?? madeUpKeys();
    aws.addKeysOfRole(keys.accessKeyId, taskRoleArn.split('/').pop() ?? '');
    return credentials.add(taskRoleArn, keys);
  }

  async function startContainer(
    task: Task,
    container: ContainerDefinition,
    folder: string,
    role: Readonly<Record<string, string>>,
  ): Promise<StandInProcess> {
    const { instance, definition } = task;
    const architecture = instance?.attributes.get('ecs.cpu-architecture') ?? architectureOf(definition);
    const registry = await aws.ecs.permissions.pullFrom(task, container.image);
    const image = await images.pull(container.image, architecture, registry);
    const secrets = await aws.ecs.permissions.secretsOf(task, container);
    const log = await openLog(task, container);
    const own = join(folder, container.name);
    await mkdir(join(own, 'tmp'), { recursive: true });
    // A path of the image, or one of the container's own.
    const inside = (path: string) =>
      existsSync(join(image.root, path)) ? join(image.root, path) : join(own, path);
    const override = task.overrides.find(({ name }) => name === container.name);
    const given = [...(container.environment ?? []), ...(override?.environment ?? [])];
    const variables = {
      ...Object.fromEntries(image.configuration.Env?.map((line) => line.split(/=(.*)/s).slice(0, 2)) ?? []),
      ...Object.fromEntries(given.map(({ name, value }) => [name, value])),
      ...secrets,
    } as Record<string, string>;
    delete variables['PATH'];
    const words = commandOf(container, override?.command, image.configuration);
    const lines: string[] = [];
    const child = new StandInProcess({
      command: words.map((word) => (isPath(word) && word !== locust ? inside(word) : word)),
      directory: workingDirectory(image, own),
      environment: {
        PATH: `${dirname(locust)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: own,
        // The image is one for all its containers.
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        AWS_REGION: aws.region,
        AWS_DEFAULT_REGION: aws.region,
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_EC2_METADATA_DISABLED: 'true',
        // The machine's network has this address alone.
        LOCUST_WEB_HOST: task.address,
        LOCUST_MASTER_BIND_HOST: task.address,
        ...role,
        ...Object.fromEntries(
          Object.entries(variables).map(([name, value]) => [name, isPath(value) ? inside(value) : value]),
        ),
      },
      onLine: (line) => {
        if (lines.push(line) > keptLines) lines.shift();
        log?.write(line);
      },
    });
    started.set(child, container.name);
    void child.exited.then(async ({ code, description }) => {
      started.delete(child);
      await log?.flush();
      if (code === 0 || task.desiredStatus === 'STOPPED') return;
      failures.push(`${definition.family} ${container.name} ${description}:\n${lines.join('\n')}`);
    });
    return child;
  }

  async function openLog(task: Task, { name, logConfiguration }: ContainerDefinition) {
    const { logDriver, options: given = {} } = logConfiguration ?? {};
    if (logDriver !== 'awslogs') return undefined;
    const group = given['awslogs-group'] ?? '';
    await aws.ecs.permissions.mayWriteLogs(task, group, name);
    const stream = `${given['awslogs-stream-prefix'] ?? 'ecs'}/${name}/${task.id}`;
    return LogStream.open(aws.direct.logs, group, stream, name);
  }
}

function supervise(processes: ReadonlyMap<ContainerDefinition, StandInProcess>, folder: string): RunningTask {
  const all = [...processes.values()];
  const essential = [...processes].filter(([{ essential = true }]) => essential).map(([, one]) => one.exited);
  const exited = Promise.race(essential).then(async () => {
    for (const one of all) one.signalGroup('SIGTERM');
    const ended = await Promise.all(
      [...processes].map(async ([{ name }, one]) => [name, { exitCode: codeOf(await one.exited) }] as const),
    );
    await rm(folder, { recursive: true, force: true });
    return new Map(ended);
  });
  return {
    exited,
    stop: () =>
      Promise.all(
        [...processes].map(([{ stopTimeout = defaultStopSeconds }, one]) => one.end(stopTimeout * 1000)),
      ),
    kill: async () => {
      for (const one of all) one.signalGroup('SIGKILL');
      await exited;
    },
  };
}

/** The program, which is Locust in every image here or a shell that starts it, and its words. */
function commandOf(
  { command, entryPoint }: ContainerDefinition,
  override: readonly string[] | undefined,
  { Entrypoint, Cmd }: ImageConfiguration,
): readonly string[] {
  const entry = entryPoint ?? Entrypoint ?? [];
  const words = [...entry, ...(override ?? command ?? Cmd ?? [])];
  // Programs of the base, and of this machine.
  if (words[0] === 'sh') return words;
  if (words[0] !== 'locust') {
    throw new CannotStart(
      `CannotStartContainerError: exec: "${words[0] ?? ''}": executable file not found in $PATH`,
    );
  }
  return [locust, ...words.slice(1)];
}

const isPath = (text: string) => text.startsWith('/');

function workingDirectory({ root, configuration }: PulledImage, own: string): string {
  const inImage = join(root, configuration.WorkingDir ?? '/');
  return existsSync(inImage) ? inImage : own;
}

const codeOf = ({ code, signal }: ProcessExit) => code ?? exitCodes[signal ?? ''] ?? 1;

function madeUpKeys(): RoleKeys {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
  };
}

/** What a task without a machine has. */
function architectureOf({ input }: Task['definition']): string {
  const platform = input['runtimePlatform'] as { readonly cpuArchitecture?: string } | undefined;
  return platform?.cpuArchitecture === 'ARM64' ? 'arm64' : 'x86_64';
}
