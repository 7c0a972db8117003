import { Refusal } from './errors.js';
import type { ContainerInstance, PlacementConstraint, Task, TaskDefinition } from './records.js';

/** Ports that no task may have: ssh, Docker and the agent. */
const agentPorts = [22, 2375, 2376, 51678, 51679];

/**
 * Whether an instance has the attributes that the expressions of `memberOf` ask for: `attribute:a == b`, `!=`, `in [b, c]`,
 * `exists`, joined by `and`. docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
 */
export function isMember(
  { attributes, id, machineId, agentConnected }: ContainerInstance,
  expression: string,
): boolean {
  return expression.split(/\s+and\s+/i).every((term) => {
    const found = /^\(?\s*([\w:./-]+)\s+(==|!=|exists|!exists|in)\s*(.*?)\s*\)?$/.exec(term.trim());
    if (!found) throw new Refusal('InvalidParameterException', `Invalid expression: ${expression}`);
    const [, subject = '', operator = '', operand = ''] = found;
    const name = subject.replace(/^attribute:/, '');
    const others: Record<string, string> = {
      ec2InstanceId: machineId,
      containerInstanceId: id,
      agentConnected: String(agentConnected),
    };
    const value = subject.startsWith('attribute:') ? attributes.get(name) : others[name];
    switch (operator) {
      case 'exists':
        return attributes.has(name);
      case '!exists':
        return !attributes.has(name);
      case 'in':
        return operand
          .replace(/^\[|\]$/g, '')
          .split(/\s*,\s*/)
          .includes(value ?? '');
      case '==':
        return value === operand;
      default:
        return value !== operand;
    }
  });
}

/** What a task takes of an instance. */
function needsOf({ containerDefinitions, cpu, memory }: TaskDefinition) {
  const sum = (each: (one: TaskDefinition['containerDefinitions'][number]) => number) =>
    containerDefinitions.reduce((total, one) => total + each(one), 0);
  return {
    cpu: Number(cpu) || sum((one) => one.cpu ?? 0),
    memory: Number(memory) || sum((one) => one.memoryReservation ?? one.memory ?? 0),
    ports: containerDefinitions.flatMap(({ portMappings = [] }) =>
      portMappings.map(({ hostPort, containerPort }) => hostPort || containerPort || 0),
    ),
  };
}

export const holdsResources = ({ lastStatus }: Task) => lastStatus !== 'STOPPED';

/** What is left of an instance beside the tasks that it has. */
export function remaining(instance: ContainerInstance, tasks: readonly Task[]) {
  const taken = tasks
    .filter((task) => task.instance === instance && holdsResources(task))
    .map(({ definition }) => needsOf(definition));
  return {
    cpu: instance.cpu - taken.reduce((sum, { cpu }) => sum + cpu, 0),
    memory: instance.memory - taken.reduce((sum, { memory }) => sum + memory, 0),
    ports: new Set([...agentPorts, ...taken.flatMap(({ ports }) => ports)]),
  };
}

/** Why a task cannot be placed on an instance; undefined when it can. The codes are those of RunTask's failures. */
export function whyNot(
  definition: TaskDefinition,
  constraints: readonly PlacementConstraint[],
  instance: ContainerInstance,
  tasks: readonly Task[],
): string | undefined {
  if (instance.status !== 'ACTIVE') return 'INACTIVE';
  if (!instance.agentConnected) return 'AGENT';
  const expressions = constraints.flatMap(({ type, expression }) =>
    type === 'memberOf' && expression ? [expression] : [],
  );
  if (!expressions.every((expression) => isMember(instance, expression))) {
    return 'MemberOf placement constraint unsatisfied.';
  }
  const needs = needsOf(definition);
  const left = remaining(instance, tasks);
  if (needs.ports.some((port) => left.ports.has(port))) return 'RESOURCE:PORTS';
  if (needs.cpu > left.cpu) return 'RESOURCE:CPU';
  if (needs.memory > left.memory) return 'RESOURCE:MEMORY';
  return undefined;
}

/** A reason in the words of a service's event. */
export function inWords(reason: string, { id }: ContainerInstance): string {
  const closest = `The closest matching (container-instance ${id})`;
  const texts: Record<string, string> = {
    'RESOURCE:PORTS': `${closest} is already using a port required by your task.`,
    'RESOURCE:CPU': `${closest} has insufficient CPU units available.`,
    'RESOURCE:MEMORY': `${closest} has insufficient memory available.`,
    AGENT: `${closest} has the agent disconnected.`,
  };
  return texts[reason] ?? reason;
}
