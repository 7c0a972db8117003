import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  ListTagsForResourceCommand,
  paginateDescribeLogGroups,
  PutRetentionPolicyCommand,
  type LogGroup,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Aws } from '../clients.js';
import { readTags, tagsOf } from '../fleet-identity.js';
import type { CreatableKind, FoundResource, Scope } from '../kind.js';
import { unlessAbsent } from '../service-error.js';
import { namedResources } from './named.js';

/** How long lines are kept, and what else of its fleet a log group shows. */
export interface LogGroupParameters {
  /** One of those that CloudWatch knows: 1, 3, 5, 7, 14, 30, … */
  readonly retentionDays: number;
  readonly facts: Readonly<Record<string, string>>;
}

/** Where the lines of a fleet's containers go. */
export const logGroup: CreatableKind<LogGroupParameters> = {
  name: 'log group',

  find: (aws, scope) => logGroups(aws, scope),

  async create(aws, fleet, { facts }) {
    const logGroupName = nameOfLogGroup(fleet);
    const tags = { ...readTags(tagsOf(fleet, 'logs')), ...facts };
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName, tags }));
    return logGroupName;
  },

  async complete(aws, _fleet, id, { retentionDays }) {
    await aws.logs.send(new PutRetentionPolicyCommand({ logGroupName: id, retentionInDays: retentionDays }));
  },

  async exists(aws, id) {
    return (await describe(aws, id)).some(({ logGroupName }) => logGroupName === id);
  },

  async destroy(aws, id) {
    await unlessAbsent(aws.logs.send(new DeleteLogGroupCommand({ logGroupName: id })));
  },
};

/** Name of the log group of a fleet. */
export function nameOfLogGroup({ fleetKind, fleetId }: { fleetKind: string; fleetId: string }): string {
  return `/loadwright/${fleetKind}/${fleetId}`;
}

/** The log groups of a fleet, or of all, with their tags. */
export async function logGroups(aws: Aws, { fleetId }: Scope): Promise<FoundResource[]> {
  const { fleetKind } = aws.settings;
  const found = await describe(aws, nameOfLogGroup({ fleetKind, fleetId: fleetId ?? '' }));
  const arns = new Map(found.map(({ logGroupName = '', arn = '' }) => [logGroupName, arn]));
  const own = namedResources(aws, 'log group', [...arns.keys()]).filter(
    (one) => one.fleetId === (fleetId ?? one.fleetId),
  );
  return Promise.all(
    own.map(async (one) => {
      // CloudWatch gives the ARN with `:*`, and takes it without.
      const resourceArn = (arns.get(one.id) ?? '').replace(/:\*$/, '');
      const answer = await unlessAbsent(aws.logs.send(new ListTagsForResourceCommand({ resourceArn })));
      return { ...one, tags: answer?.tags ?? {} };
    }),
  );
}

async function describe(aws: Aws, logGroupNamePrefix: string): Promise<LogGroup[]> {
  const found: LogGroup[] = [];
  for await (const page of paginateDescribeLogGroups({ client: aws.logs }, { logGroupNamePrefix })) {
    found.push(...(page.logGroups ?? []));
  }
  return found;
}
