import { createHash } from 'node:crypto';
import { z } from 'zod';
import { flagsOf as flagsOfFleets, type FleetKinds } from '../fleet/fleet-kinds.js';
import { camelCase } from '../shell/parse.js';
import { callCommand, type World } from './call.js';

const testFlags = {
  config: z.string().optional().describe('Configuration file. Default: loadwright.config.* of the folder.'),
  users: z.int().positive().optional().describe('Virtual users.'),
  spawnRate: z.number().positive().optional().describe('Users started a second.'),
  arrivalRate: z.string().optional().describe('Requests due, such as 500/s, however slow the answers.'),
  duration: z.string().optional().describe('Length of the load, such as 5m.'),
  workers: z.int().positive().optional().describe('Load-generating processes.'),
  threshold: z.array(z.string()).optional().describe("Such as 'http_req_duration: p(95)<200'."),
};

/** Options that say which fleet is meant, by the flags that its kinds declare; `machines`: also of what it is made. */
export function fleetInput(fleets: FleetKinds, { machines = false } = {}): z.ZodRawShape {
  const flags = machines ? flagsOfFleets(fleets) : flagsOfFleets(fleets, 'place');
  return {
    fleet: z
      .enum(Object.keys(fleets))
      .optional()
      .describe('Kind of fleet. Default: that of the configuration.'),
    ...Object.fromEntries(
      flags.map(({ flag, description }) => [camelCase(flag), z.string().optional().describe(description)]),
    ),
  };
}

interface Step {
  readonly words: readonly string[];
  readonly names?: readonly string[];
}

interface Action {
  readonly title: string;
  /** What it is asked for, beside the fleet. */
  readonly input: z.ZodRawShape;
  /** Whether it makes machines. */
  readonly makes: boolean;
  /** The command that carries it out, and the one that looks what it would do. */
  steps(options: Options): { readonly act: Step; readonly look: Step };
  /** Whether what was looked at is what will be done: the state of a fleet goes on changing. */
  readonly isFixed: boolean;
}

type Options = Readonly<Record<string, unknown>>;

/** What changes or costs something. */
export const actions: Readonly<Record<'run' | 'run_on' | 'deploy' | 'destroy', Action>> = {
  run: {
    title: 'a load test, on a fleet of its own that is removed at the end',
    input: {
      emulator: z.boolean().optional().describe("Load the target's emulator instead of the real service."),
      ...testFlags,
    },
    makes: true,
    steps: (options) => ({
      act: { words: ['run', '--no-live', ...flagsOf(options)] },
      look: { words: ['run', '--dry-run', ...flagsOf(options)] },
    }),
    isFixed: true,
  },
  run_on: {
    title: 'a load test on a deployed fleet, which stays',
    input: { on: z.string().describe('Id or name of the fleet.'), ...testFlags },
    makes: false,
    steps: (options) => ({
      act: { words: ['run', '--no-live', ...flagsOf(options)] },
      look: { words: ['config', 'print', ...flagsOf(optionsOfTest(options))] },
    }),
    isFixed: true,
  },
  deploy: {
    title: 'a fleet without a load, which costs until it is destroyed or ends itself',
    input: { name: z.string().optional().describe('A name for the fleet.'), ...testFlags },
    makes: true,
    steps: ({ name, ...options }) => ({
      act: { words: ['deploy', '--yes', '--no-live', ...flagsOf({ name, ...options })] },
      look: { words: ['plan', ...flagsOf(options)] },
    }),
    isFixed: true,
  },
  destroy: {
    title: 'the removal of a fleet, and of what a load on it has measured and nobody has collected',
    input: { fleetId: z.string().describe('Id or name of the fleet.') },
    makes: false,
    steps: ({ fleetId, ...options }) => ({
      act: { words: ['destroy', '--yes', ...flagsOf(options)], names: [String(fleetId)] },
      look: { words: ['status', ...flagsOf(options)], names: [String(fleetId)] },
    }),
    isFixed: false,
  },
};

/** Without those of a fleet: a configuration has no other ones. */
const optionsOfTest = (options: Options) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => name in testFlags));

/** Options as flags of the command: `{ spawnRate: 5 }` is `--spawn-rate=5`. */
export function flagsOf(options: Options): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [value].flat().map((one) => `${flag}=${String(one)}`);
  });
}

/** What would be done, before anybody agrees. */
export interface Plan {
  /** SHA-256 of the command, and of the configuration, resources and price that it would have. */
  readonly planHash: string;
  readonly title: string;
  readonly act: Step;
  /** The most that the fleet can cost, in US dollars; undefined where a price is not known. */
  readonly mostUsDollars: number | undefined;
  /** False for what stays on this machine. */
  readonly needsConsent: boolean;
  /** What the command says that it would do. */
  readonly document: unknown;
}

/** An action that the command refuses. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** @param document The error as the command prints it. */
  constructor(readonly document: unknown) {
    super('the command refuses this');
  }
}

/** Looks what an action would do. Changes nothing. @throws Refused */
export async function planAction(name: keyof typeof actions, options: Options, world: World): Promise<Plan> {
  const { title, steps, isFixed } = actions[name];
  const { act, look } = steps(options);
  const { exitCode, document } = await callCommand(look.words, look.names ?? [], world).outcome;
  if (exitCode !== 0) throw new Refused(document);
  // A fleet that is there costs what it costs already.
  const mostUsDollars = name === 'run' || name === 'deploy' ? priceOf(document) : 0;
  return {
    planHash: hashOf([act, isFixed ? document : undefined]),
    title,
    act,
    mostUsDollars,
    needsConsent: !(options['emulator'] === true && mostUsDollars === 0),
    document,
  };
}

const plannedPrice = z.object({
  plan: z.object({ pricePerHour: z.object({ usDollars: z.number(), isIncomplete: z.boolean().optional() }) }),
  test: z.object({ usDollars: z.number(), usDollarsToTheEnd: z.number().optional() }),
});

/** What a fleet costs until it ends itself, whatever becomes of this process. */
function priceOf(document: unknown): number | undefined {
  const { plan, test } = plannedPrice.parse(document);
  return plan.pricePerHour.isIncomplete ? undefined : (test.usDollarsToTheEnd ?? test.usDollars);
}

/** Of two looks at the same plan the same: ids are made anew for each. */
function hashOf(planned: unknown): string {
  const text = JSON.stringify(planned).replace(/\d{8}-\d{6}-[0-9a-f]{10}/g, '');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
