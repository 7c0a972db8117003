import { isAbsolute, join, normalize } from 'node:path/posix';
import { parse } from 'yaml';

/** One service, as the files say it and compose joins them. */
export interface ComposeService {
  readonly command: readonly string[];
  /** What is set, or passed on from the shell. */
  readonly environment: Readonly<Record<string, string>>;
  /** In the container. */
  readonly directory: string;
  /** Path in the container → path on the machine. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly ports: readonly PublishedPort[];
  readonly sharesNetwork: boolean;
}

interface PublishedPort {
  /** Undefined: every address of the machine. */
  readonly address: string | undefined;
  readonly port: number;
  readonly containerPort: number;
}

interface WrittenService {
  readonly command?: string;
  readonly environment?: readonly string[] | Readonly<Record<string, string | number | null>>;
  readonly working_dir?: string;
  readonly volumes?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly ports?: readonly string[];
  readonly network_mode?: string;
}

/**
 * Joins compose files as `docker compose -f … -f …` does: of a service lists and variables grow, everything else is
 * replaced. https://docs.docker.com/reference/compose-file/merge/
 *
 * @param texts the files, the first one from the project's folder
 * @param folder the project's folder on the machine
 * @param shell variables of the shell that runs compose
 */
export function joinCompose(
  texts: readonly string[],
  folder: string,
  shell: Readonly<Record<string, string>>,
): Record<string, ComposeService> {
  const files = texts.map((text) => parse(text) as { services: Record<string, WrittenService> });
  const names = new Set(files.flatMap(({ services }) => Object.keys(services)));
  return Object.fromEntries(
    [...names].map((name) => [name, joined(files.flatMap(({ services }) => services[name] ?? []))]),
  );

  function joined(parts: readonly WrittenService[]): ComposeService {
    const last = <Key extends keyof WrittenService>(key: Key) => parts.findLast((part) => part[key])?.[key];
    return {
      command: wordsOf(last('command') ?? ''),
      environment: Object.fromEntries(parts.flatMap(({ environment }) => variablesOf(environment, shell))),
      directory: last('working_dir') ?? '/',
      mounts: new Map(parts.flatMap(({ volumes = [] }) => volumes.map((one) => mountOf(one, folder)))),
      ports: parts.flatMap(({ ports = [] }) => ports.map(portOf)),
      sharesNetwork: last('network_mode') === 'host',
    };
  }
}

/** The port of the machine that leads to a port of the container, for who asks at that address. */
export function publishedPort(
  { ports }: ComposeService,
  containerPort: number,
  address: 'any' | '127.0.0.1',
): number {
  const wanted = address === 'any' ? undefined : address;
  const found = ports.find((one) => one.containerPort === containerPort && one.address === wanted);
  if (found) return found.port;
  throw new Error(`the compose files do not publish port ${containerPort} on the address ${address}`);
}

/** Where a path of a container is on the machine; undefined when it is the container's own. */
export function pathOnMachine({ mounts }: ComposeService, path: string): string | undefined {
  const mount = [...mounts.keys()].find((target) => path === target || path.startsWith(`${target}/`));
  return mount === undefined ? undefined : `${mounts.get(mount)}${path.slice(mount.length)}`;
}

function wordsOf(command: string): string[] {
  if (/['"\\$]/.test(command)) throw new Error(`these words are not split as a shell would: ${command}`);
  return command.split(/\s+/);
}

function variablesOf(
  environment: WrittenService['environment'] = [],
  shell: Readonly<Record<string, string>>,
): [string, string][] {
  const entries = Array.isArray(environment)
    ? (environment as readonly string[]).map((text) => {
        const [, name = '', value = null] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
        return [name, value] as const;
      })
    : Object.entries(environment as Readonly<Record<string, string | number | null>>);
  return entries.flatMap(([name, value]) => {
    const given = value ?? shell[name];
    return given === undefined ? [] : [[name, String(given)] as [string, string]];
  });
}

function mountOf(
  volume: string | { readonly source: string; readonly target: string },
  folder: string,
): [string, string] {
  if (typeof volume !== 'string') return [volume.target, volume.source];
  const [source = '', target = ''] = volume.split(':');
  const path = isAbsolute(source) ? source : normalize(join(folder, source));
  return [target, path.replace(/\/$/, '')];
}

function portOf(text: string): PublishedPort {
  const [containerPort, port, address] = text.split(':').reverse();
  return { address, port: Number(port), containerPort: Number(containerPort) };
}
