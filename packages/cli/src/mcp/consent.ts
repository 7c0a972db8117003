import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, messageOf } from '@loadwright/core/errors';
import { writeWhole } from '@loadwright/core/command';
import envPaths from 'env-paths';
import { z } from 'zod';
import type { CliIo } from '../shell/io.js';

/** How long a consent holds, in milliseconds. */
const validMilliseconds = 15 * 60_000;

const planHashSchema = z.string().regex(/^[0-9a-f]{16}$/);

const planSchema = z.object({
  planHash: planHashSchema,
  title: z.string(),
  command: z.string(),
  mostUsDollars: z.number(),
  /** Folder of the project. */
  cwd: z.string(),
});

/** A plan as a person is asked about it. */
export type AskedPlan = z.output<typeof planSchema>;

const consentSchema = z.object({
  planHash: planHashSchema,
  budgetUsDollars: z.number().nonnegative(),
  /** Unix time in milliseconds. */
  at: z.number(),
});

/**
 * Where an agent's client cannot ask the person itself: plans that wait for `loadwright mcp approve`, and what it said.
 * Files of the user alone; each consent is for one plan, once, for a quarter of an hour.
 */
export class Consents {
  readonly #folder: string;

  constructor(private readonly io: Pick<CliIo, 'environment' | 'now'>) {
    const state = io.environment['LOADWRIGHT_STATE_DIR'] || envPaths('loadwright', { suffix: '' }).data;
    this.#folder = join(state, 'mcp');
  }

  /** Remembers a plan, so that a person can be shown what they agree to. */
  async ask(plan: AskedPlan): Promise<void> {
    await this.#write(`${plan.planHash}.plan.json`, plan);
  }

  /** @throws LoadwrightError `USAGE` where there is no such plan. */
  async find(planHash: string): Promise<AskedPlan> {
    // Never a path of somebody's choice.
    const isHash = planHashSchema.safeParse(planHash).success;
    const plan = planSchema.safeParse(isHash && (await this.#read(`${planHash}.plan.json`)));
    if (plan.success) return plan.data;
    throw new LoadwrightError('USAGE', `mcp approve: no plan "${planHash}" waits for a person`, {
      hint: 'the agent gets the hash from one of its plan tools, and asks for it when it wants to carry the plan out',
    });
  }

  async give(planHash: string, budgetUsDollars: number): Promise<void> {
    await this.#write(`${planHash}.consent.json`, { planHash, budgetUsDollars, at: this.io.now() });
  }

  /** The budget that a person agreed to, in US dollars; undefined where nobody did. It is used up. */
  async take(planHash: string): Promise<number | undefined> {
    const file = `${planHash}.consent.json`;
    const consent = consentSchema.safeParse(await this.#read(file));
    await Promise.all(
      [file, `${planHash}.plan.json`].map((name) => rm(join(this.#folder, name), { force: true })),
    );
    if (!consent.success || consent.data.planHash !== planHash) return undefined;
    const age = this.io.now() - consent.data.at;
    return age >= 0 && age < validMilliseconds ? consent.data.budgetUsDollars : undefined;
  }

  async #read(file: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(join(this.#folder, file), 'utf8'));
    } catch {
      return undefined;
    }
  }

  async #write(file: string, content: unknown): Promise<void> {
    await makeFolder(this.#folder);
    await writeWhole(join(this.#folder, file), JSON.stringify(content), { mode: 0o600 });
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new LoadwrightError('USAGE', `mcp: the folder ${folder} cannot be made: ${messageOf(cause)}`, {
      hint: 'name another folder in the variable LOADWRIGHT_STATE_DIR',
      cause,
    });
  });
}
