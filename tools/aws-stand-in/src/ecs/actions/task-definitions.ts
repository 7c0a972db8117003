import { client, invalid } from '../errors.js';
import { atMost, page } from '../pages.js';
import { now, type ContainerDefinition, type Tag, type TaskDefinition } from '../records.js';
import type { Actions, Input } from './actions.js';

/** MiB; less is no container. */
const leastMemory = 6;

export const taskDefinitionActions: Actions = {
  RegisterTaskDefinition({ state }, input) {
    check(input);
    const { family, tags = [], ...given } = input;
    const revisions = [...state.definitions.values()].filter((one) => one.family === family);
    const revision = Math.max(0, ...revisions.map((one) => one.revision)) + 1;
    const definition: TaskDefinition = {
      networkMode: 'bridge',
      ...(given as Pick<TaskDefinition, 'containerDefinitions'>),
      arn: state.arn('task-definition', `${String(family)}:${revision}`),
      family: String(family),
      revision,
      registeredAt: now(),
      input: given,
      tags: tags as Tag[],
      status: 'ACTIVE',
    };
    state.definitions.set(definition.arn, definition);
    return { taskDefinition: describe(definition), tags };
  },

  DescribeTaskDefinition({ state }, { taskDefinition, include = [] }) {
    const found = state.definition(taskDefinition);
    const withTags = (include as string[]).includes('TAGS');
    return { taskDefinition: describe(found), ...(withTags && { tags: found.tags }) };
  },

  DeregisterTaskDefinition({ state }, { taskDefinition }) {
    if (!String(taskDefinition).includes(':')) throw client('Revision is missing');
    const found = state.definition(taskDefinition);
    if (found.status === 'ACTIVE') found.status = 'INACTIVE';
    return { taskDefinition: describe(found) };
  },

  DeleteTaskDefinitions({ state }, { taskDefinitions }) {
    const failures: object[] = [];
    const deleted: object[] = [];
    for (const name of atMost(10, 'taskDefinitions', taskDefinitions)) {
      try {
        const found = state.definition(name);
        if (found.status === 'ACTIVE')
          throw client('The specified task definition is still in ACTIVE status.');
        found.status = 'DELETE_IN_PROGRESS';
        deleted.push(describe(found));
      } catch (error) {
        failures.push({ arn: name, reason: (error as Error).message });
      }
    }
    return { taskDefinitions: deleted, failures };
  },

  ListTaskDefinitions({ state, pageSize }, input) {
    const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = input;
    const all = [...state.definitions.values()]
      .filter((one) => one.status === status)
      .filter(({ family }) => familyPrefix === undefined || family === familyPrefix)
      .map(({ arn }) => arn);
    const { items, next } = page(sort === 'DESC' ? all.reverse() : all, input, pageSize);
    return { taskDefinitionArns: items, ...next };
  },

  ListTaskDefinitionFamilies({ state, pageSize }, input) {
    const { familyPrefix = '', status = 'ACTIVE' } = input;
    const all = [...state.definitions.values()].filter(({ family }) =>
      family.startsWith(String(familyPrefix)),
    );
    const isActive = (family: string) => all.some((one) => one.family === family && one.status === 'ACTIVE');
    const families = [...new Set(all.map(({ family }) => family))]
      .filter((family) => status === 'ALL' || isActive(family) === (status === 'ACTIVE'))
      .sort();
    const { items, next } = page(families, input, pageSize);
    return { families: items, ...next };
  },
};

function check(input: Input): void {
  const { containerDefinitions = [], family, networkMode, memory, requiresCompatibilities = [] } = input;
  if (!/^[\w-]{1,255}$/.test(String(family))) throw client(`Invalid family: ${String(family)}`);
  const containers = containerDefinitions as ContainerDefinition[];
  if (containers.length === 0) throw client('Container list cannot be empty.');
  const isFargate = (requiresCompatibilities as string[]).includes('FARGATE');
  if (isFargate && networkMode !== 'awsvpc') {
    throw client("When networkMode=bridge or host, task definitions can't require FARGATE compatibility.");
  }
  if (isFargate) requireSize(Number(input['cpu']), Number(memory));
  for (const { name, image, memory: hard, memoryReservation: soft, portMappings = [] } of containers) {
    if (!image) throw client(`Container.image should not be null or empty.`);
    if (memory === undefined && hard === undefined && soft === undefined) {
      throw client(
        `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
      );
    }
    if (hard !== undefined && hard < leastMemory) throw invalid(`Invalid memory of container '${name}'.`);
    if (networkMode !== 'host') continue;
    if (portMappings.some(({ hostPort, containerPort }) => hostPort && hostPort !== containerPort)) {
      throw client('When networkMode=host, the host ports and container ports in port mappings must match.');
    }
  }
}

/** CPU units with MiB: docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const fargateSizes: Readonly<Record<number, (gigabytes: number) => boolean>> = {
  256: (gigabytes) => [0.5, 1, 2].includes(gigabytes),
  512: (gigabytes) => gigabytes >= 1 && gigabytes <= 4 && Number.isInteger(gigabytes),
  1024: (gigabytes) => gigabytes >= 2 && gigabytes <= 8 && Number.isInteger(gigabytes),
  2048: (gigabytes) => gigabytes >= 4 && gigabytes <= 16 && Number.isInteger(gigabytes),
  4096: (gigabytes) => gigabytes >= 8 && gigabytes <= 30 && Number.isInteger(gigabytes),
  8192: (gigabytes) => gigabytes >= 16 && gigabytes <= 60 && gigabytes % 4 === 0,
  16384: (gigabytes) => gigabytes >= 32 && gigabytes <= 120 && gigabytes % 8 === 0,
};

function requireSize(cpu: number, memory: number): void {
  if (fargateSizes[cpu]?.(memory / 1024)) return;
  throw client('No Fargate configuration exists for given values.');
}

function describe(one: TaskDefinition) {
  return {
    ...one.input,
    taskDefinitionArn: one.arn,
    family: one.family,
    revision: one.revision,
    status: one.status,
    networkMode: one.networkMode,
    registeredAt: one.registeredAt,
    volumes: one.input['volumes'] ?? [],
    placementConstraints: one.input['placementConstraints'] ?? [],
  };
}
