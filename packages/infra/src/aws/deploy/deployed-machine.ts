import type { Aws } from '../clients.js';
import type { Expected } from '../journal.js';
import type { FoundResource } from '../kind.js';
import { describeInstance, instance, lives } from '../kinds/instance.js';
import { keyOf } from '../resource-key.js';
import { poll } from '../poll.js';

/** How {@link deployedMachine} looks. */
export interface DeployedMachineOptions {
  readonly fleetId: string;
  /** Which of several. Absent: the only one. */
  readonly part?: string;
  /** What EC2 shows of the fleet. */
  readonly seen: readonly FoundResource[];
  /** What the journal of an earlier attempt shows; undefined when there is none. */
  readonly expected: Expected | undefined;
  readonly onProgress: (message: string) => void;
}

/**
 * The machine that an earlier attempt has launched, also when EC2 does not show it yet: launched again, in another zone, it
 * would be there twice.
 *
 * @returns its id; undefined when there is none, or when it ends.
 */
export async function deployedMachine(
  aws: Aws,
  { fleetId, part, seen, expected, onProgress }: DeployedMachineOptions,
): Promise<string | undefined> {
  const known = idOf(seen, part);
  const machine = expected?.get(keyOf({ kind: instance.name, part }));
  if (known !== undefined || !machine) return known;
  const limit = aws.settings.pace.unknownOutcome;
  onProgress(`Looking for the machine of an earlier attempt, for at most ${limit / 1000} s`);
  const { id } = machine;
  const found = await poll(aws, 'unknownOutcome', async () => {
    const described = id === undefined ? undefined : await describeInstance(aws, id);
    if (described) return { id: lives(described) ? id : undefined };
    const later = await instance.find(aws, { fleetId });
    return later.some((one) => one.part === part) ? { id: idOf(later, part) } : undefined;
  });
  return found?.id;
}

function idOf(machines: readonly FoundResource[], wanted: string | undefined): string | undefined {
  return machines.find(
    ({ part, state, stays }) => part === wanted && state !== 'shutting-down' && stays === undefined,
  )?.id;
}
