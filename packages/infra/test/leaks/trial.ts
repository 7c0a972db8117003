import { createFleetId, type Fleet } from '@loadwright/core';
import { execa } from 'execa';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsStandIn, Behaviour, Fault, Injection } from '@loadwright/aws-stand-in';
import { quick, uiPort, withFolder, type Work } from '../ec2/work.js';

/** What goes wrong at one call. */
export const troubles = {
  'killed before the call': 'kill',
  'killed after the call': 'kill',
  'answer lost': { kind: 'drop-answer' },
  'throttled 5 times': { kind: 'throttle' },
  'error 500': { kind: 'error-500' },
  'access denied': { kind: 'denied' },
  'credentials expired from then on': { kind: 'error', code: 'ExpiredToken', status: 400 },
  'no capacity': { kind: 'error', code: 'InsufficientInstanceCapacity', status: 500 },
} as const satisfies Record<string, 'kill' | Fault>;

export type Trouble = keyof typeof troubles;

/** A kind of fleet in these trials. */
export interface Subject {
  /** What is done to a fleet, in the order in which it is; the last one removes it. */
  readonly phases: readonly string[];
  /** The phases that launch machines. */
  readonly launches: readonly string[];
  /** A program that does the phase of its argument with the {@link Work} of its input. */
  readonly child: string;
  readonly fleetOf: (work: Work) => Fleet;
  /** What the account is like before there is a fleet, and the hooks of its machines. */
  readonly prepare: (aws: AwsStandIn) => Promise<Partial<Behaviour>>;
  /** @returns resources of the caller, for a fleet that adopts them */
  readonly bring: (aws: AwsStandIn) => Promise<Work['adopted']>;
  readonly carryOut: (phase: string, work: Work) => Promise<void>;
  /** What every fleet of the kind leaves: it is not one's own. */
  readonly isShared?: (resource: string) => boolean;
}

/** What the account and the caller are like. */
export interface Variant {
  /** The caller brings resources of its own. */
  readonly adopted: boolean;
  /** What is new is not seen at once. */
  readonly hidden: boolean;
}

/** One case: at that call of that phase this goes wrong. */
export interface Case extends Variant {
  readonly phase: string;
  readonly trouble: Trouble;
  /** Number of the call, from 1. */
  readonly at: number;
  /** Who destroys in the end has no journal: on another machine. */
  readonly elsewhere: boolean;
}

/** What became of a case. */
export interface Outcome {
  /** What is left that was not there before, what is gone that was, what the removal says remains, and secrets without an end of their own. */
  readonly left: readonly string[];
  /** Did the trouble happen? The phase may have had fewer calls this time. */
  readonly struck: boolean;
  /** Calls of the phase that was to be hit. */
  readonly calls: number;
}

/** Where a case is tried. */
export interface Place {
  readonly aws: AwsStandIn;
  readonly folder: string;
  /** The program of {@link Subject.child}, built. */
  readonly child: string;
}

/** Carries out a case in an account of its own, then destroys. */
export async function tryCase(subject: Subject, one: Case, place: Place): Promise<Outcome> {
  const { aws } = place;
  return inAccount(subject, one, place, async (work, before) => {
    for (const phase of subject.phases.slice(0, subject.phases.indexOf(one.phase))) {
      await subject.carryOut(phase, work);
    }
    const from = aws.calls.length;
    const struck = await withTrouble(subject, one, work, place);
    await aws.idle();
    const calls = aws.calls.length - from;
    aws.withoutFaults();
    // Whoever was killed may never come back.
    const endless = await aws.endlessParameters();
    if (one.elsewhere) await rm(join(work.folder, 'runs'), { recursive: true, force: true });
    const { remaining } = await subject.fleetOf(work).lasting!.destroy(work.fleetId);
    const after = await ownInventory(subject, aws);
    const left = after.filter((resource) => !before.includes(resource));
    const lost = before.filter((resource) => !after.includes(resource));
    return {
      left: [
        ...left,
        ...lost.map((resource) => `${resource} was the caller's`),
        ...remaining,
        ...endless.map((name) => `${name} would stay for ever`),
      ],
      struck,
      calls,
    };
  });
}

/** How many calls each phase makes when nothing goes wrong. */
export async function callsOf(
  subject: Subject,
  variant: Variant,
  place: Place,
): Promise<Record<string, number>> {
  return inAccount(subject, variant, place, async (work) => {
    const counts: [string, number][] = [];
    for (const phase of subject.phases) {
      const from = place.aws.calls.length;
      await subject.carryOut(phase, work);
      counts.push([phase, place.aws.calls.length - from]);
    }
    return Object.fromEntries(counts);
  });
}

/** Read from the account itself, which hides nothing. */
async function ownInventory({ isShared = () => false }: Subject, aws: AwsStandIn): Promise<string[]> {
  return (await aws.inventory()).filter((resource) => !isShared(resource));
}

async function inAccount<Result>(
  subject: Subject,
  { adopted, hidden }: Variant,
  { aws, folder: parent }: Place,
  use: (work: Work, before: readonly string[]) => Promise<Result>,
): Promise<Result> {
  await aws.reset({ profileRefusals: 1, hiddenLooks: hidden ? 2 : 0 });
  Object.assign(aws.behaviour, await subject.prepare(aws));
  const own = adopted ? await subject.bring(aws) : {};
  // Looks are counted, not timed: there must be time for three of them, also on a machine that does other things.
  const patient = { ...quick, propagation: 20_000, removal: 20_000 };
  const pace = hidden ? { ...patient, longestPause: 100, unknownOutcome: 2000 } : patient;
  const before = await ownInventory(subject, aws);
  const environment = {
    ...aws.environment,
    LOADWRIGHT_CHECK_IP_URL: `${aws.endpoint}/checkip`,
    // No cache: one case would have other calls than the next.
    LOADWRIGHT_CACHE_DIR: '/dev/null/cache',
  };
  return withFolder(parent, (folder) =>
    use({ fleetId: createFleetId(), folder, environment, uiPort, adopted: own, pace }, before),
  );
}

/** @returns whether it happened */
async function withTrouble(subject: Subject, one: Case, work: Work, place: Place): Promise<boolean> {
  const fault = troubles[one.trouble];
  if (fault === 'kill') return killed(one, work, place);
  const injected = place.aws.inject({ ...placeOf(place.aws, one), fault });
  // Whether it fails or copes with it is not asked here: only what is left.
  await subject.carryOut(one.phase, work).catch(() => {});
  return injected.strikes > 0;
}

function placeOf({ calls }: AwsStandIn, { at, trouble }: Case): Omit<Injection, 'fault'> {
  if (trouble === 'credentials expired from then on') return { at: '*', occurrence: at, times: Infinity };
  if (trouble === 'no capacity') return { at: 'ec2:RunInstances', times: Infinity };
  return { at: calls.length + at, times: trouble === 'throttled 5 times' ? 5 : Infinity };
}

async function killed(one: Case, work: Work, { aws, child }: Place): Promise<boolean> {
  const process = execa('node', [child, one.phase], {
    input: JSON.stringify(work),
    reject: false,
    timeout: 180_000,
  });
  const when = one.trouble === 'killed before the call' ? 'before' : 'after';
  const fault = { kind: 'kill', when, callback: () => process.kill('SIGKILL') } as const;
  const injected = aws.inject({ ...placeOf(aws, one), times: 1, fault });
  const { signal, stderr } = await process;
  if (injected.strikes > 0 && signal !== 'SIGKILL') throw new Error(`the process was not killed: ${stderr}`);
  return injected.strikes > 0;
}
