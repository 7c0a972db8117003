import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { makeFolder, writeWhole } from '../files.js';
import { seriesFile } from '../series/index.js';
import { findIncomparable } from './comparable.js';
import type { ComparedRun } from './contract.js';
import { readComparedRun, summaryFile } from './read-run.js';

const recordFile = 'baseline.json';
/** Begins with a dot, as no name does. */
const currentFile = '.current';
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  /** ISO 8601, UTC. */
  savedAt: z.string(),
  target: z.string(),
  load: z.unknown().optional(),
  payloadsDigest: z.string().optional(),
  runs: z.array(z.string()).min(1),
});

/** What a baseline is of, without the measurements of its runs. */
export interface BaselineRecord {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
  /** Kind of the target. */
  readonly target: string;
  /** As the configuration of the runs has it. */
  readonly load?: unknown;
  /** SHA-256 of the payloads. Absent: the runs had none. */
  readonly payloadsDigest?: string | undefined;
  /** Run ids, in order of time. */
  readonly runs: readonly string[];
}

/** What a test is to have in common with a baseline. */
export type TestIdentity = Pick<BaselineRecord, 'target' | 'load' | 'payloadsDigest'>;

/**
 * Named baselines of a project: runs that later ones are compared with, kept in a folder that goes with the code. Of each
 * run it holds `summary.json` and the series, so that the results folder may be emptied.
 */
export class Baselines {
  readonly directory: string;

  /** @param directory Absolute path. Made when something is saved. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Keeps copies of runs under a name: all of it or nothing.
   *
   * @param folders Of the runs, at least one.
   * @param options
   * @param options.replace Take the place of a baseline of that name. Default false.
   * @throws LoadwrightError `CONFIG_INVALID` for a name that is none or taken, and for runs that differ in load, target or
   * payloads, or are INVALID; `RESULTS_UNREADABLE`
   */
  async save(
    name: string,
    folders: readonly string[],
    { replace = false, now = new Date() }: { readonly replace?: boolean; readonly now?: Date } = {},
  ): Promise<BaselineRecord> {
    requireBaselineName(name);
    if (!replace && (await this.has(name))) {
      throw new LoadwrightError('CONFIG_INVALID', `The baseline ${name} exists already.`, {
        hint: 'Replace it with --replace, or choose another name.',
      });
    }
    const found = await Promise.all(
      folders.map(async (folder) => ({ folder, run: await readComparedRun(folder) })),
    );
    found.sort((one, other) => Date.parse(one.run.report.startedAt) - Date.parse(other.run.report.startedAt));
    const runs = found.map(({ run }) => run);
    const { problems } = findIncomparable(runs, []);
    if (problems.length > 0) {
      throw new LoadwrightError('CONFIG_INVALID', `These runs are no baseline: ${problems.join(' ')}`, {
        hint: 'Save runs of one load, with one set of payloads, that are not INVALID.',
      });
    }
    const { report } = runs[0]!;
    const record: BaselineRecord = {
      name,
      savedAt: now.toISOString(),
      target: report.target.kind,
      load: report.configuration['load'],
      payloadsDigest: report.payloadsDigest,
      runs: runs.map((run) => run.report.runId),
    };
    await this.#write(
      record,
      found.map(({ folder }) => folder),
    );
    return record;
  }

  /** Whether there is a baseline of that name. */
  async has(name: string): Promise<boolean> {
    return nameForm.test(name) && (await this.#text(join(name, recordFile))) !== undefined;
  }

  /** @throws LoadwrightError `CONFIG_INVALID` that lists what there is; `RESULTS_UNREADABLE` */
  async read(name: string): Promise<BaselineRecord> {
    const text = nameForm.test(name) ? await this.#text(join(name, recordFile)) : undefined;
    if (text !== undefined) return this.#parse(name, text);
    const known = (await this.list()).map((record) => record.name);
    throw new LoadwrightError('CONFIG_INVALID', `There is no baseline "${name}" in ${this.directory}.`, {
      hint: known.length > 0 ? `There are ${known.join(', ')}.` : 'Save runs as one.',
      ...(known.length === 0 && { next: [{ action: 'save-baseline', name }] }),
    });
  }

  /** The runs of a baseline. @throws LoadwrightError as {@link read} does. */
  async runsOf({ name, runs }: BaselineRecord): Promise<ComparedRun[]> {
    return Promise.all(runs.map((runId) => readComparedRun(join(this.directory, name, runId))));
  }

  /** All baselines, by name. */
  async list(): Promise<BaselineRecord[]> {
    const entries = await readdir(this.directory, { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      },
    );
    const names = entries.filter((entry) => entry.isDirectory() && nameForm.test(entry.name));
    const records = await Promise.all(
      names.map(async ({ name }) => {
        const text = await this.#text(join(name, recordFile));
        return text === undefined ? [] : [this.#parse(name, text)];
      }),
    );
    return records.flat().sort((one, other) => one.name.localeCompare(other.name, 'en'));
  }

  /** Makes a baseline the one that is meant where none is named. */
  async use(name: string): Promise<BaselineRecord> {
    const record = await this.read(name);
    await writeWhole(join(this.directory, currentFile), `${name}\n`, { mode: 0o666 });
    return record;
  }

  /** The name that {@link use} was given last. */
  async current(): Promise<string | undefined> {
    return (await this.#text(currentFile))?.trim();
  }

  async #text(path: string): Promise<string | undefined> {
    return readFile(join(this.directory, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
  }

  #parse(name: string, text: string): BaselineRecord {
    try {
      return { ...recordSchema.parse(JSON.parse(text)), name };
    } catch (cause) {
      const file = join(this.directory, name, recordFile);
      throw new LoadwrightError('RESULTS_UNREADABLE', `${file}: this describes no baseline.`, {
        hint: 'Save the baseline again with --replace.',
        cause,
      });
    }
  }

  /** The record comes last, and what it does not name goes after it: there is the old baseline or the new one. */
  async #write(record: BaselineRecord, folders: readonly string[]): Promise<void> {
    const place = join(this.directory, record.name);
    for (const [index, runId] of record.runs.entries()) {
      await makeFolder(join(place, runId));
      for (const file of [summaryFile, seriesFile])
        await writeWhole(join(place, runId, file), await readFile(join(folders[index]!, file)), {
          mode: 0o666,
        });
    }
    const text = JSON.stringify({ version: 1, ...record }, null, 2);
    await writeWhole(join(place, recordFile), `${text}\n`, { mode: 0o666 });
    for (const entry of await readdir(place)) {
      if (entry !== recordFile && !record.runs.includes(entry))
        await rm(join(place, entry), { recursive: true, force: true });
    }
  }
}

/** @throws LoadwrightError `CONFIG_INVALID` */
function requireBaselineName(name: string): void {
  if (nameForm.test(name)) return;
  throw new LoadwrightError('CONFIG_INVALID', `baseline: found "${name}", expected a name`, {
    hint: 'Use up to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit: main.',
  });
}

/**
 * Compares what a test is with what a baseline is of, before the test costs anything.
 *
 * @throws LoadwrightError `CONFIG_INVALID` that names what differs.
 */
export function requireSameTest(baseline: BaselineRecord, test: TestIdentity): void {
  const members = { target: 'the kind of target', load: 'the load', payloadsDigest: 'the payloads' } as const;
  const different = (Object.keys(members) as (keyof typeof members)[]).filter(
    (member) => !isDeepStrictEqual(plain(baseline[member]), plain(test[member])),
  );
  if (different.length === 0) return;
  const what = different.map((member) => members[member]).join(' and ');
  const fields = different.includes('load') ? `: ${differingFields(baseline.load, test.load)}` : '';
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `This test cannot be compared with the baseline ${baseline.name}: ${what} differ${different.length > 1 || different[0] === 'payloadsDigest' ? '' : 's'}${fields}.`,
    {
      hint: 'Run it as the baseline was, or save a new baseline in its place.',
      next: [{ action: 'save-baseline', name: baseline.name, replace: true }],
    },
  );
}

/** The fields in which a load is not that of a baseline, with both values. */
function differingFields(baseline: unknown, found: unknown): string {
  const [expected, actual] = [Object(plain(baseline)), Object(plain(found))] as Record<string, unknown>[];
  const text = (value: unknown) => {
    const json = JSON.stringify(value) ?? 'nothing';
    return json.length > 100 ? `${json.slice(0, 99)}…` : json;
  };
  return [...new Set([...Object.keys(expected!), ...Object.keys(actual!)])]
    .filter((field) => !isDeepStrictEqual(expected![field], actual![field]))
    .map(
      (field) => `load.${field}: found ${text(actual![field])}, the baseline has ${text(expected![field])}`,
    )
    .join('; ');
}

/** As a file of JSON has it: without members that are undefined. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
