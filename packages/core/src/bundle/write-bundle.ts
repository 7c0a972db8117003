import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoadwrightError } from '../errors.js';
import { isDiskError, makeFolder, makePrivate, unwritable, writeWhole, writeWholeStream } from '../files.js';
import type { JsonObject } from '../values/json.js';
import { stringifyJson } from '../values/json-number.js';
import type { LoadPlan } from '../load/plan.js';
import { writePayloads, type PayloadOptions } from '../payloads/write.js';
import type { TargetPayloads } from '../payloads/source.js';
import type { TraceSchedule } from '../payloads/trace/schedule.js';
import { pythonDirectory, requirementsFile } from '../python-files.js';
import type { EnvironmentVariable } from '../target/contract.js';
import { readCertificates } from '../target/tls.js';
import type { TlsOptions } from '../target/tls-options.js';
import type { Bundle, BundleFile } from './bundle.js';
import { composeFile } from './compose.js';
import { digestOf } from './digest.js';
import { bundleReadme } from './readme.js';

/** What a bundle is made from: everything a target and a load profile come down to. */
export interface BundleContents {
  readonly kind: string;
  /** Base URL of the system under test. */
  readonly host: string;
  /** Base URLs that a test on a fleet with this bundle may have, {@link host} among them. Absent: only that one. */
  readonly hosts?: readonly string[] | undefined;
  readonly targetConfig: JsonObject;
  readonly locustfile: URL;
  readonly pythonModules: readonly URL[];
  readonly environment: readonly EnvironmentVariable[];
  /** Files of certificates. */
  readonly tls?: TlsOptions | undefined;
  readonly payloads: TargetPayloads | undefined;
  /** The longest body by the requests that payloads are for. Absent: any length. */
  readonly bodyLimit?: PayloadOptions['bodyLimit'];
  /** See {@link PayloadOptions.payloadHint}. */
  readonly payloadHint?: PayloadOptions['payloadHint'];
  readonly load: (payloadOrder: LoadPlan['payloadOrder']) => LoadPlan;
  /**
   * Looks whether the payloads and the load fit. Absent: any do.
   *
   * @param schedule When the payloads are due; undefined: they are no trace.
   * @returns what should be known of them, one line each.
   */
  readonly checkTrace?: (schedule: TraceSchedule | undefined) => readonly string[];
}

/** What may stand in a folder that a bundle is written to: an earlier bundle, which is replaced. */
const ownEntries = [
  'loadwright_runtime',
  'locustfile.py',
  'target.json',
  'load.json',
  'payloads.jsonl',
  'schedule.csv',
  'requirements.txt',
  'docker-compose.yml',
  'README.md',
  '__pycache__',
];

/**
 * Writes the files that Locust runs.
 *
 * @param options.firstPayloadOnly Reads no more of the payloads than the first one takes. Default false.
 * @throws LoadwrightError `PAYLOADS_INVALID`, or `CONFIG_INVALID` when the folder holds something else.
 */
export async function writeBundle(
  directory: string,
  contents: BundleContents,
  options: WriteBundleOptions,
): Promise<Bundle> {
  try {
    return await writeFiles(directory, contents, options);
  } catch (error) {
    throw isDiskError(error) ? unwritable(directory, error) : error;
  }
}

interface WriteBundleOptions {
  readonly baseDirectory: string;
  readonly signal?: AbortSignal;
  readonly firstPayloadOnly?: boolean;
}

async function writeFiles(
  directory: string,
  contents: BundleContents,
  options: WriteBundleOptions,
): Promise<Bundle> {
  const modules = contents.pythonModules.map((url) => fileURLToPath(url));
  await clear(directory, [...ownEntries, ...modules.map((path) => basename(path))]);

  const file = (name: string) => join(directory, name);
  const payloads =
    contents.payloads === undefined
      ? undefined
      : await writePayloads(contents.payloads, file('payloads.jsonl'), {
          ...options,
          bodyLimit: contents.bodyLimit,
          payloadHint: contents.payloadHint,
        });
  const schedule = payloads?.schedule;
  const traceNotes = (options.firstPayloadOnly ? undefined : contents.checkTrace?.(schedule)) ?? [];
  const load = contents.load(payloads?.order ?? 'sequential');
  const target = {
    version: 1,
    kind: contents.kind,
    // The same for every test that may be made with it.
    host: contents.hosts?.[0] ?? contents.host,
    ...(contents.hosts && { hosts: contents.hosts }),
    config: contents.targetConfig,
    ...(payloads?.parts && { payloads: payloads.parts }),
    ...(contents.tls && { tls: await readCertificates(contents.tls, options.baseDirectory) }),
  };

  await copyRuntime(file('loadwright_runtime'));
  await copy(contents.locustfile, file('locustfile.py'));
  await copy(requirementsFile, file('requirements.txt'));
  for (const path of modules) await copy(path, file(basename(path)));
  if (schedule) await writeWholeStream(file('schedule.csv'), schedule.lines());
  await writeWhole(file('target.json'), json(target));
  await writeWhole(file('load.json'), json({ ...load, ...(contents.hosts && { host: contents.host }) }));
  await writeWhole(file('docker-compose.yml'), composeFile(contents.environment));
  await writeWhole(file('README.md'), bundleReadme({ ...contents, load }));
  // The folder may have been there before.
  await makePrivate(directory);
  const described = await describeBundle(directory, [...(payloads?.notes ?? []), ...traceNotes]);
  return { ...described, ...(schedule && { schedule }) };
}

/** The modules of the runtime without their tests. */
async function copyRuntime(directory: string): Promise<void> {
  const source = fileURLToPath(new URL('loadwright_runtime/', pythonDirectory));
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    if (/(^|[\\/])__pycache__$/.test(parentPath) || /^(test_\w+|conftest)\.py$/.test(name)) continue;
    const folder = join(directory, relative(source, parentPath));
    await makeFolder(folder);
    await copy(join(parentPath, name), join(folder, name));
  }
}

async function copy(source: URL | string, destination: string): Promise<void> {
  await writeWhole(destination, await readFile(source));
}

/** Lists and digests the files of a bundle's folder. */
async function describeBundle(directory: string, notes: readonly string[]): Promise<Bundle> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
  const files: BundleFile[] = [];
  for (const path of paths) {
    const absolute = join(directory, path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(absolute)) hash.update(chunk as Buffer);
    files.push({ path, bytes: (await stat(absolute)).size, sha256: hash.digest('hex') });
  }
  return { directory, files, digest: digestOf(files), notes };
}

async function clear(directory: string, replaceable: readonly string[]): Promise<void> {
  await makeFolder(directory);
  const present = await readdir(directory);
  const foreign = present.filter((name) => !replaceable.includes(name));
  if (foreign.length > 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `The folder for the bundle, ${directory}, holds other files: ${foreign.slice(0, 5).join(', ')}.`,
      { hint: 'Name an empty or new folder, or one that holds an earlier bundle (--output).' },
    );
  }
  await Promise.all(present.map((name) => rm(join(directory, name), { recursive: true })));
}

function json(value: unknown): string {
  return `${stringifyJson(value, 2)}\n`;
}
