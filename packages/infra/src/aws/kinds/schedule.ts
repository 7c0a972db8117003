import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  FlexibleTimeWindowMode,
  paginateListSchedules,
} from '@aws-sdk/client-scheduler';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { poll } from '../poll.js';
import { kindPrefix, nameOf, readName } from '../fleet-identity.js';
import { isForbidden, unlessAbsent } from '../service-error.js';
import { together } from '../together.js';
import { namedResources } from './named.js';

/** What a schedule ends, as whom, and when. */
export interface ScheduleParameters {
  readonly instanceId: string;
  /** ARN of the role that may end it. */
  readonly roleArn: string;
  readonly at: Date;
}

/** A call of EC2 as a target: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html */
const terminateInstances = 'arn:aws:scheduler:::aws-sdk:ec2:terminateInstances';

/** A role that was made a moment ago is not known to be one that the scheduler may take on. */
const isUnknownRole = /role .*must allow|execution role|assume the role/i;

/** The order to end a machine once, from outside of it. It is gone when it was carried out. Each of several machines has its own. */
export const schedule: CreatableKind<ScheduleParameters> = {
  name: 'schedule',

  async find(aws, { fleetId }) {
    const { fleetKind } = aws.settings;
    const prefix = fleetId === undefined ? kindPrefix(fleetKind) : nameOf({ fleetKind, fleetId });
    const names = await namesOf(aws, prefix).catch((error) => {
      // Whoever may not look has made none: they are optional, and go by themselves.
      if (isForbidden(error)) return [];
      throw error;
    });
    return namedResources(aws, this.name, names)
      .filter((found) => fleetId === undefined || found.fleetId === fleetId)
      .map((found) => ({ ...found, part: readName(found.id)?.part || undefined }));
  },

  async create(aws, fleet, { instanceId, roleArn, at }) {
    const Name = nameOf(fleet, fleet.part);
    const command = new CreateScheduleCommand({
      Name,
      Description: `Ends the machine of the load test ${fleet.fleetId}, should it not have ended itself`,
      // UTC: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
      ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
      ActionAfterCompletion: ActionAfterCompletion.DELETE,
      Target: {
        Arn: terminateInstances,
        RoleArn: roleArn,
        Input: JSON.stringify({ InstanceIds: [instanceId] }),
      },
    });
    let refusal: unknown;
    const made = await poll(aws, 'propagation', async () => {
      try {
        await aws.scheduler.send(command);
        return Name;
      } catch (error) {
        if (!isUnknownRole.test((error as Error).message) || isForbidden(error)) throw error;
        refusal = error;
        return undefined;
      }
    });
    if (made === undefined) throw refusal;
    return made;
  },

  async exists(aws, id) {
    const { fleetId } = readName(id) ?? {};
    return (await namesOf(aws, fleetId === undefined ? id : nameOf(aws.fleet(fleetId)))).includes(id);
  },

  async destroy(aws, id) {
    await unlessAbsent(aws.scheduler.send(new DeleteScheduleCommand({ Name: id })));
  },
};

/** Whoever makes or removes the schedules of many machines looks for each. */
async function namesOf(aws: Aws, prefix: string): Promise<readonly string[]> {
  return (await listNames(aws, prefix)) ?? [];
}

const listNames = together(1, async (aws, [NamePrefix = '']) => {
  const names: string[] = [];
  for await (const { Schedules = [] } of paginateListSchedules({ client: aws.scheduler }, { NamePrefix })) {
    names.push(...Schedules.map(({ Name = '' }) => Name));
  }
  return new Map([[NamePrefix, names]]);
});
