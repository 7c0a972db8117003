import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  ListRolePoliciesCommand,
  paginateListAttachedRolePolicies,
  paginateListRoles,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { IamStatement } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { iamPath, nameOf, readTags, tagsOf } from '../fleet-identity.js';
import { unlessAbsent } from '../service-error.js';
import { namedResources } from './named.js';
import { removeWhenFree } from './remove-when-free.js';

/** What the machine may do. */
export interface RoleParameters {
  readonly statements: readonly IamStatement[];
  /** ARN of the policy beyond which it may do nothing. Undefined: the account has none. */
  readonly boundary: Promise<string | undefined>;
}

const policyName = 'loadwright';

/** Who takes a role of a fleet on. */
interface RoleUse {
  /** For people: `role`. */
  readonly kind: string;
  /** End of its name; the machine's has none. */
  readonly part?: string;
  readonly service: string;
  readonly description: string;
  readonly isRare?: true;
}

/** What the machine of a fleet takes on. */
export const role = roleFor({ kind: 'role', service: 'ec2.amazonaws.com', description: 'Machine' });

/** What the scheduler takes on to end that machine from outside. */
export const endRole = roleFor({
  kind: 'role of the schedule',
  part: 'end',
  service: 'scheduler.amazonaws.com',
  description: 'End of the machine',
});

/** What the workers of a fleet on ECS take on: what the target needs, and nothing of the agent's. */
export const taskRole = roleFor({
  kind: 'role of the workers',
  part: 'task',
  service: 'ecs-tasks.amazonaws.com',
  description: 'Workers',
});

/** What the master of a fleet on Fargate takes on, so that Session Manager reaches it. */
export const sessionRole = roleFor({
  kind: 'role of the master',
  part: 'master',
  service: 'ecs-tasks.amazonaws.com',
  description: 'Master',
  isRare: true,
});

/** What ECS takes on to hand secrets to the containers. */
export const executionRole = roleFor({
  kind: 'role of the secrets',
  part: 'execution',
  service: 'ecs-tasks.amazonaws.com',
  description: 'Secrets',
});

function roleFor({ kind, part, service, description, isRare }: RoleUse): CreatableKind<RoleParameters> {
  return {
    name: kind,
    ...(isRare && { isRare }),

    async find(aws, { fleetId }) {
      const PathPrefix = iamPath(aws.settings);
      if (fleetId !== undefined) {
        const name = nameOf(aws.fleet(fleetId), part);
        const answer = await unlessAbsent(aws.iam.send(new GetRoleCommand({ RoleName: name })));
        // A role has the same name in all regions: the path shows whose it is.
        if (!answer?.Role?.Path?.startsWith(PathPrefix)) return [];
        return [{ kind: this.name, id: name, fleetId, tags: readTags(answer.Role.Tags) }];
      }
      const names: string[] = [];
      const pages = paginateListRoles({ client: aws.iam }, { PathPrefix });
      for await (const { Roles = [] } of pages) names.push(...Roles.map(({ RoleName = '' }) => RoleName));
      return namedResources(aws, this.name, names, part ?? '');
    },

    async create(aws, fleet, { boundary }) {
      const name = nameOf(fleet, part);
      const PermissionsBoundary = await boundary;
      await aws.iam.send(
        new CreateRoleCommand({
          RoleName: name,
          Path: iamPath(fleet, aws.settings.owner),
          Description: `${description} of the load test ${fleet.fleetId}`,
          ...(PermissionsBoundary !== undefined && { PermissionsBoundary }),
          AssumeRolePolicyDocument: policyDocument([
            { Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { Service: service } },
          ]),
          Tags: tagsOf(fleet, 'machine'),
        }),
      );
      return name;
    },

    async complete(aws, _fleet, id, { statements }) {
      await aws.iam.send(
        new PutRolePolicyCommand({
          RoleName: id,
          PolicyName: policyName,
          PolicyDocument: policyDocument(statements),
        }),
      );
    },

    async exists(aws, id) {
      return (await unlessAbsent(aws.iam.send(new GetRoleCommand({ RoleName: id })))) !== undefined;
    },

    async destroy(aws, id) {
      await unlessAbsent(detachPolicies(aws, id));
      const policies = await unlessAbsent(aws.iam.send(new ListRolePoliciesCommand({ RoleName: id })));
      for (const PolicyName of policies?.PolicyNames ?? []) {
        await unlessAbsent(aws.iam.send(new DeleteRolePolicyCommand({ RoleName: id, PolicyName })));
      }
      await removeWhenFree(aws, `role ${id}`, () => aws.iam.send(new DeleteRoleCommand({ RoleName: id })));
    },
  };
}

/** Automatisms of an account attach policies of their own to every role, and IAM removes no role that has one. */
async function detachPolicies(aws: Aws, RoleName: string): Promise<void> {
  for await (const page of paginateListAttachedRolePolicies({ client: aws.iam }, { RoleName })) {
    for (const { PolicyArn } of page.AttachedPolicies ?? []) {
      await unlessAbsent(aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
    }
  }
}

function policyDocument(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
