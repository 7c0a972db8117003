import type { AwsStandIn } from '@loadwright/aws-stand-in';

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
type Properties = Readonly<Record<string, Value>>;

/** What runs tasks of a fleet, as resources of CloudFormation. */
export interface Template {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Properties }>>;
}

/** Maps, of which the keys are the caller's own. */
const maps = new Set(['options', 'dockerLabels']);

/** Of a call that starts tasks or a service, what CloudFormation has no name for: tokens, and what one start differs in. */
const ofTheCall = new Set(['clientToken', 'count', 'overrides', 'startedBy', 'tags', 'group']);

/**
 * Task definitions and what runs them, as they were sent to ECS, in the words of CloudFormation: those of the API, each with a capital
 * letter. CloudFormation has no tasks without a service: tasks that a call starts become the service that would start them.
 */
export function asCloudFormation(calls: AwsStandIn['calls']): Template {
  const answered = calls.filter(({ outcome }) => outcome === 200);
  const resources: Record<string, Template['Resources'][string]> = {};
  const namesOfDefinitions = new Map<string, string>();
  for (const { parameters } of answered.filter(({ name }) => name === 'ecs:RegisterTaskDefinition')) {
    const name = `Definition${namesOfDefinitions.size + 1}`;
    namesOfDefinitions.set(String(parameters['family']), name);
    resources[name] = { Type: 'AWS::ECS::TaskDefinition', Properties: renamed(parameters as Properties) };
  }
  const starts = answered.filter(({ name }) => /^ecs:(CreateService|RunTask)$/.test(name));
  for (const [index, { parameters }] of starts.entries()) {
    const [family = ''] = String(parameters['taskDefinition']).split(':');
    const own = Object.entries(parameters).filter(([name]) => !ofTheCall.has(name));
    const { count } = parameters;
    resources[`Service${index + 1}`] = {
      Type: 'AWS::ECS::Service',
      Properties: {
        ...renamed(Object.fromEntries(own) as Properties),
        ...(count !== undefined && { DesiredCount: count as number }),
        TaskDefinition: { Ref: namesOfDefinitions.get(family) ?? family },
      },
    };
  }
  return { AWSTemplateFormatVersion: '2010-09-09', Resources: resources };
}

function renamed(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      maps.has(name) ? value : renamedValue(value),
    ]),
  );
}

function renamedValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(renamedValue);
  return typeof value === 'object' && value !== null ? renamed(value as Properties) : value;
}
