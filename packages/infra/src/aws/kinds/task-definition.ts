import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  paginateListTaskDefinitionFamilies,
  paginateListTaskDefinitions,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type TaskDefinitionStatus,
} from '@aws-sdk/client-ecs';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { ecsTagsOf, kindPrefix, nameOf, readName } from '../fleet-identity.js';
import type { CreatableKind } from '../kind.js';
import { codeOf } from '../service-error.js';
import { namedResources } from './named.js';
import { serviceParts } from './service.js';

/** What runs in the containers of one role: all of it but its name and its tags. */
export type TaskDefinitionParameters = Omit<RegisterTaskDefinitionCommandInput, 'family' | 'tags'>;

/** DELETE_IN_PROGRESS is not among them: it lasts until the last task has ended, and ends by itself. */
const thereStatuses: readonly TaskDefinitionStatus[] = ['ACTIVE', 'INACTIVE'];

/** What a service runs. Its id is `family:revision`. */
export const taskDefinition: CreatableKind<TaskDefinitionParameters> = {
  name: 'task definition',

  async find(aws, { fleetId }) {
    const families =
      fleetId === undefined
        ? await ownFamilies(aws)
        : serviceParts.map((part) => nameOf(aws.fleet(fleetId), part));
    const ids = (await Promise.all(families.map((family) => revisionsOf(aws, family)))).flat();
    return ids.flatMap((id) => {
      const [family = ''] = id.split(':');
      const part = readName(family)?.part || undefined;
      return namedResources(aws, this.name, [family]).map((one) => ({ ...one, id, part }));
    });
  },

  async create(aws, fleet, parameters) {
    const { part = '' } = fleet;
    const { taskDefinition: made } = await aws.ecs.send(
      new RegisterTaskDefinitionCommand({
        ...parameters,
        family: nameOf(fleet, part),
        tags: ecsTagsOf(fleet, part),
      }),
    );
    return `${made?.family}:${made?.revision}`;
  },

  async exists(aws, id) {
    const status = await statusOf(aws, id);
    return status !== undefined && thereStatuses.includes(status);
  },

  async destroy(aws, id) {
    if ((await statusOf(aws, id)) === 'ACTIVE') {
      await aws.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: id }));
    }
    if ((await statusOf(aws, id)) !== 'INACTIVE') return;
    const { failures = [] } = await aws.ecs.send(new DeleteTaskDefinitionsCommand({ taskDefinitions: [id] }));
    const [failure] = failures;
    if (!failure) return;
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `ECS does not delete it: ${failure.reason ?? failure.detail ?? 'it gives no reason'}`,
    );
  },
};

async function statusOf(aws: Aws, id: string): Promise<TaskDefinitionStatus | undefined> {
  try {
    const answer = await aws.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: id }));
    return answer.taskDefinition?.status;
  } catch (error) {
    // "Unable to describe task definition": ECS has no code of its own for what is not there.
    if (codeOf(error) === 'ClientException') return undefined;
    throw error;
  }
}

async function revisionsOf(aws: Aws, familyPrefix: string): Promise<string[]> {
  const lists = thereStatuses.map(async (status) => {
    const arns: string[] = [];
    for await (const page of paginateListTaskDefinitions({ client: aws.ecs }, { familyPrefix, status })) {
      arns.push(...(page.taskDefinitionArns ?? []));
    }
    return arns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
  });
  return (await Promise.all(lists)).flat();
}

/** Of all fleets of the kind. Those with revisions that are INACTIVE alone are among them. */
async function ownFamilies(aws: Aws): Promise<string[]> {
  const found: string[] = [];
  const familyPrefix = kindPrefix(aws.settings.fleetKind);
  const pages = paginateListTaskDefinitionFamilies({ client: aws.ecs }, { familyPrefix, status: 'ALL' });
  for await (const { families = [] } of pages) found.push(...families);
  return found;
}
