import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateSecurityGroupCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, type AwsStandIn, type Fault } from '../aws/index.js';
import { requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

/** What goes wrong at one call. */
export const troubles = {
  'killed before the call': 'kill',
  'killed after the call': 'kill',
  'answer lost': { kind: 'drop-answer' },
  'throttled 5 times': { kind: 'throttle' },
  'error 500': { kind: 'error-500' },
  'access denied': { kind: 'denied' },
} as const satisfies Record<string, 'kill' | Fault>;

export type Trouble = keyof typeof troubles;
export type Phase = 'deploy' | 'destroy';

/** One case: at that call of that phase this goes wrong. */
export interface Case {
  readonly phase: Phase;
  /** Number of the call. */
  readonly at: number;
  readonly trouble: Trouble;
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const never = new AbortController().signal;
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Carries out a case in an account of its own, then destroys. @returns what is left that was not there before */
export async function leaked(aws: AwsStandIn, one: Case, parent: string): Promise<string[]> {
  await aws.reset({ profileRefusals: 1 });
  const adopted = await adopt(aws, one);
  Object.assign(aws.behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  return withFolder(parent, async (folder) => {
    const before = await aws.inventory();
    const work = workIn(aws, folder, adopted);
    if (one.phase === 'destroy') await fleetOf(settingsOf(work)).provision(requestOf(work, never));
    const from = aws.calls.length;
    await withTrouble(aws, one, from, work);
    await aws.idle();
    aws.withoutFaults();
    // Somebody comes later and destroys; every other time on another machine.
    const elsewhere = one.at % 2 === 1;
    if (elsewhere) await rm(join(folder, 'runs'), { recursive: true, force: true });
    const { remaining } = await fleetOf(settingsOf(work)).lasting!.destroy(work.runId);
    const after = await aws.inventory();
    const lost = before
      .filter((resource) => !after.includes(resource))
      .map((resource) => `${resource} was the caller's`);
    return [...after.filter((resource) => !before.includes(resource)), ...lost, ...remaining];
  });
}

/** How many calls a phase makes when nothing goes wrong. */
export async function callsOf(aws: AwsStandIn, phase: Phase, parent: string): Promise<number> {
  await aws.reset({ profileRefusals: 1 });
  Object.assign(aws.behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  return withFolder(parent, async (folder) => {
    const work = workIn(aws, folder, {});
    const fleet = fleetOf(settingsOf(work));
    await fleet.provision(requestOf(work, never));
    const deployed = aws.calls.length;
    await fleet.lasting!.destroy(work.runId);
    return phase === 'deploy' ? deployed : aws.calls.length - deployed;
  });
}

async function withTrouble(
  aws: AwsStandIn,
  { phase, at, trouble }: Case,
  from: number,
  work: Work,
): Promise<void> {
  const fault = troubles[trouble];
  if (fault === 'kill') return killed(aws, phase, from + at, trouble, work);
  aws.inject({ at: from + at, times: trouble === 'throttled 5 times' ? 5 : 100, fault });
  const fleet = fleetOf(settingsOf(work));
  // Whether it fails or copes with it is not asked here: only what is left.
  if (phase === 'deploy') await fleet.provision(requestOf(work, never)).catch(() => {});
  else await fleet.lasting!.destroy(work.runId).catch(() => {});
}

async function killed(
  aws: AwsStandIn,
  phase: Phase,
  at: number,
  trouble: Trouble,
  work: Work,
): Promise<void> {
  const process = execa('jiti', [child, phase], {
    preferLocal: true,
    localDir: root,
    input: JSON.stringify(work),
    reject: false,
    timeout: 60_000,
  });
  const when = trouble === 'killed before the call' ? 'before' : 'after';
  aws.inject({ at, fault: { kind: 'kill', when, callback: () => process.kill('SIGKILL') } });
  await process;
}

function workIn(aws: AwsStandIn, folder: string, adopted: Work['adopted']): Work {
  const environment = { ...aws.environment, LOADWRIGHT_CHECK_IP_URL: `${aws.endpoint}/checkip` };
  return { runId: '20261123-093000-0123456789', folder, environment, uiPort, adopted };
}

/** In one case of three the caller brings a security group and an instance profile. */
async function adopt({ direct }: AwsStandIn, { at }: Case): Promise<Work['adopted']> {
  if (at % 3 !== 0) return {};
  const { Vpcs } = await direct.ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  const group = { GroupName: 'of-the-caller', Description: 'of the caller', VpcId: Vpcs?.[0]?.VpcId };
  const { GroupId } = await direct.ec2.send(new CreateSecurityGroupCommand(group));
  const instanceProfile = 'of-the-caller';
  await direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: instanceProfile }));
  return { securityGroup: GroupId ?? '', instanceProfile };
}
