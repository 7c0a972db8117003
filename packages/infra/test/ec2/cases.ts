import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateSecurityGroupCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import { createFleetId } from '@loadwright/core';
import { execa } from 'execa';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, type AwsStandIn, type Fault, type Injection } from '@loadwright/aws-stand-in';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

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
export type Phase = 'deploy' | 'destroy';

/** What the account and the caller are like. */
export interface Variant {
  /** The caller brings a security group and an instance profile. */
  readonly adopted: boolean;
  /** What is new is not seen at once. */
  readonly hidden: boolean;
}

/** One case: at that call of that phase this goes wrong. */
export interface Case extends Variant {
  readonly phase: Phase;
  readonly trouble: Trouble;
  /** Number of the call, from 1. */
  readonly at: number;
  /** Who destroys in the end has no journal: on another machine. */
  readonly elsewhere: boolean;
}

/** What became of a case. */
export interface Outcome {
  /** What is left that was not there before, what is gone that was, and what the removal says remains. */
  readonly left: readonly string[];
  /** Did the trouble happen? The phase may have had fewer calls this time. */
  readonly struck: boolean;
  /** Calls of the phase that was to be hit. */
  readonly calls: number;
}

const never = new AbortController().signal;

/** Carries out a case in an account of its own, then destroys. */
export async function carryOut(aws: AwsStandIn, one: Case, folder: string, child: string): Promise<Outcome> {
  return inAccount(aws, one, folder, async (work, before) => {
    if (one.phase === 'destroy') await fleetOf(settingsOf(work)).provision(requestOf(work, never));
    const from = aws.calls.length;
    const struck = await withTrouble(aws, one, work, child);
    await aws.idle();
    const calls = aws.calls.length - from;
    aws.withoutFaults();
    if (one.elsewhere) await rm(join(work.folder, 'runs'), { recursive: true, force: true });
    const { remaining } = await fleetOf(settingsOf(work)).lasting!.destroy(work.fleetId);
    // Read from moto itself, which hides nothing.
    const after = await aws.inventory();
    const left = after.filter((resource) => !before.includes(resource));
    const lost = before.filter((resource) => !after.includes(resource));
    return {
      left: [...left, ...lost.map((resource) => `${resource} was the caller's`), ...remaining],
      struck,
      calls,
    };
  });
}

/** How many calls each phase makes when nothing goes wrong. */
export async function callsOf(
  aws: AwsStandIn,
  variant: Variant,
  folder: string,
): Promise<Record<Phase, number>> {
  return inAccount(aws, variant, folder, async (work) => {
    const from = aws.calls.length;
    const fleet = fleetOf(settingsOf(work));
    await fleet.provision(requestOf(work, never));
    const deployed = aws.calls.length;
    await fleet.lasting!.destroy(work.fleetId);
    return { deploy: deployed - from, destroy: aws.calls.length - deployed };
  });
}

async function inAccount<Result>(
  aws: AwsStandIn,
  { adopted, hidden }: Variant,
  parent: string,
  use: (work: Work, before: readonly string[]) => Promise<Result>,
): Promise<Result> {
  await aws.reset({ profileRefusals: 1, hiddenLooks: hidden ? 2 : 0 });
  Object.assign(aws.behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const own = adopted ? await bring(aws) : {};
  // Looks are counted, not timed: there must be time for three of them, also on a machine that does other things.
  const patient = { ...quick, propagation: 20_000, removal: 20_000 };
  const pace = hidden ? { ...patient, longestPause: 100, unknownOutcome: 2000 } : patient;
  const before = await aws.inventory();
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
async function withTrouble(aws: AwsStandIn, one: Case, work: Work, child: string): Promise<boolean> {
  const { phase, trouble } = one;
  const fault = troubles[trouble];
  if (fault === 'kill') return killed(aws, one, work, child);
  const injected = aws.inject({ ...placeOf(aws, one), fault });
  const fleet = fleetOf(settingsOf(work));
  // Whether it fails or copes with it is not asked here: only what is left.
  if (phase === 'deploy') await fleet.provision(requestOf(work, never)).catch(() => {});
  else await fleet.lasting!.destroy(work.fleetId).catch(() => {});
  return injected.strikes > 0;
}

function placeOf({ calls }: AwsStandIn, { at, trouble }: Case): Omit<Injection, 'fault'> {
  if (trouble === 'credentials expired from then on') return { at: '*', occurrence: at, times: Infinity };
  if (trouble === 'no capacity') return { at: 'ec2:RunInstances', times: Infinity };
  return { at: calls.length + at, times: trouble === 'throttled 5 times' ? 5 : Infinity };
}

async function killed(aws: AwsStandIn, one: Case, work: Work, child: string): Promise<boolean> {
  const process = execa('node', [child, one.phase], {
    input: JSON.stringify(work),
    reject: false,
    timeout: 60_000,
  });
  const when = one.trouble === 'killed before the call' ? 'before' : 'after';
  const fault = { kind: 'kill', when, callback: () => process.kill('SIGKILL') } as const;
  const injected = aws.inject({ ...placeOf(aws, one), times: 1, fault });
  const { signal, stderr } = await process;
  if (injected.strikes > 0 && signal !== 'SIGKILL') throw new Error(`the process was not killed: ${stderr}`);
  return injected.strikes > 0;
}

async function bring({ direct }: AwsStandIn): Promise<Work['adopted']> {
  const { Vpcs } = await direct.ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const group = { GroupName: 'of-the-caller', Description: 'of the caller', VpcId: Vpcs?.[0]?.VpcId };
  const { GroupId } = await direct.ec2.send(new CreateSecurityGroupCommand(group));
  const instanceProfile = 'of-the-caller';
  await direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: instanceProfile }));
  return { securityGroup: GroupId ?? '', instanceProfile };
}
