import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { appendPrivately, writeWhole } from '../files.js';
import type { RecordedTrial } from './contract.js';

/** The name of the file in the results folder: what was asked for in the first line, then a line for each trial. */
export const journalFile = 'calibration.jsonl';

/** Each member of a trial, so that none that is written cannot be read. */
const trialMembers = {
  rate: z.number(),
  purpose: z.enum(['warm-up', 'bracket', 'narrow', 'refine']),
  skipSeconds: z.number(),
  overloaded: z.boolean(),
  seconds: z.array(
    z.strictObject({
      tallies: z.array(z.strictObject({ sum: z.number(), weight: z.number() })),
      due: z.number(),
      ended: z.number(),
      inFlight: z.number(),
    }),
  ),
  times: z.array(z.tuple([z.number(), z.number()])),
  failed: z.number(),
  ended: z.number(),
  requests: z.number(),
  spentSeconds: z.number(),
  backlog: z.number(),
  invalid: z.array(z.string()),
  refusedShare: z.number().optional(),
  instances: z.number().optional(),
  queuedRequests: z.number().optional(),
  queuedSeconds: z.number().optional(),
  resources: z.record(z.string(), z.number()).optional(),
} satisfies Record<keyof RecordedTrial, z.ZodType>;
const trialSchema = z.strictObject(trialMembers);

const headerSchema = z.object({ purpose: z.record(z.string(), z.unknown()) });

/** The trials of a calibration on the disk, so that one which was interrupted goes on. */
export class Journal {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Begins, or goes on where the file ends.
   *
   * @param purpose What is asked for: a journal of something else is not continued.
   * @returns the trials that are there already.
   * @throws LoadwrightError `RESULTS_UNREADABLE`, `CONFIG_INVALID`
   */
  async open(purpose: Readonly<Record<string, unknown>>): Promise<RecordedTrial[]> {
    const header = JSON.stringify({ version: 1, purpose });
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    if (text === '') {
      await writeWhole(this.path, `${header}\n`);
      return [];
    }
    const [first, ...lines] = text.split('\n').filter((line) => line !== '');
    if (first !== header) {
      const different = differing(first, purpose);
      throw new LoadwrightError(
        'CONFIG_INVALID',
        `${this.path} is of a calibration with other options${different === '' ? '' : `: ${different}`}`,
        { hint: 'Give the options of the interrupted calibration, or begin another one.' },
      );
    }
    return lines.map((line, at) => this.#parse(line, at + 2));
  }

  /** Adds a trial: all of its line or nothing. */
  async add(trial: RecordedTrial): Promise<void> {
    await appendPrivately(this.path, `${JSON.stringify(trial)}\n`);
  }

  #parse(line: string, number: number): RecordedTrial {
    try {
      // What is not there is absent, and not undefined.
      return trialSchema.parse(JSON.parse(line)) as RecordedTrial;
    } catch (cause) {
      throw new LoadwrightError('RESULTS_UNREADABLE', `${this.path}, line ${number}: this is no trial`, {
        hint: 'Delete the line and those after it: their trials are made again.',
        cause,
      });
    }
  }
}

/** Names of the members that another calibration had otherwise. */
function differing(first: string | undefined, purpose: Readonly<Record<string, unknown>>): string {
  try {
    const other = headerSchema.parse(JSON.parse(first ?? '')).purpose;
    const names = new Set([...Object.keys(other), ...Object.keys(purpose)]);
    return [...names]
      .filter((name) => JSON.stringify(other[name]) !== JSON.stringify(purpose[name]))
      .join(', ');
  } catch {
    return '';
  }
}
