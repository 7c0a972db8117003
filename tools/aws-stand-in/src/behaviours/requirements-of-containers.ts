import type { Call } from '../calls.js';
import type { Context } from './policy.js';
import { accountId, type Requirement } from './requirement.js';

/** Calls of ECS that concern no resource: docs.aws.amazon.com/service-authorization, "Elastic Container Service". */
const ofNothing =
  /^(ListClusters|ListTaskDefinitions|ListTaskDefinitionFamilies|DescribeTaskDefinition|DeregisterTaskDefinition|ListServices|ListTasks)$/;
const ofClusters = /Cluster|^ListContainerInstances$|^(Der|R)egisterContainerInstance$/;
const ofServices = /^(Create|Update|Delete|Describe)Services?$/;
const ofInstances = /^(Describe|Update)ContainerInstances(State)?$/;
const ofTasks = /^(DescribeTasks|StopTask)$/;

type Input = Readonly<Record<string, unknown>>;

/** What ECS asks of the caller. */
export function ofEcs(call: Call, name: string): Requirement[] {
  const input: Input = call.parameters;
  const arn = (type: string, id: string) =>
    id.startsWith('arn:') ? id : `arn:aws:ecs:${call.region}:${accountId}:${type}/${id}`;
  const cluster = String(input['cluster'] ?? input['clusterName'] ?? 'default').replace(/^.*\//, '');
  const inCluster = { 'ecs:cluster': arn('cluster', cluster) };
  const tags = tagsOf(input);
  const of = (resources: readonly string[], context: Context = {}): Requirement[] => {
    const tagging: Context = { 'ecs:CreateAction': name, ...tags };
    return resources.flatMap((resource) => [
      { action: call.name, resource, context: { ...tags, ...context } },
      ...(tags && name !== 'TagResource' ? [{ action: 'ecs:TagResource', resource, context: tagging }] : []),
    ]);
  };
  const each = (type: string, list: unknown) =>
    [list ?? []]
      .flat()
      .map((id) => arn(type, String(id).startsWith('arn:') ? String(id) : `${cluster}/${String(id)}`));
  if (ofNothing.test(name)) return of(['*'], inCluster);
  if (ofServices.test(name)) {
    const names = input['serviceName'] ?? input['service'] ?? input['services'];
    return of(each('service', names), inCluster);
  }
  if (ofInstances.test(name)) return of(each('container-instance', input['containerInstances']), inCluster);
  if (ofTasks.test(name)) return of(each('task', input['tasks'] ?? input['task']), inCluster);
  if (name === 'DescribeClusters') {
    return of([input['clusters'] ?? ['default']].flat().map((id) => arn('cluster', String(id))));
  }
  if (ofClusters.test(name)) return of([arn('cluster', cluster)]);
  if (name === 'RegisterTaskDefinition') {
    const passed = [input['taskRoleArn'], input['executionRoleArn']].filter((role) => role !== undefined);
    return [...of([arn('task-definition', `${String(input['family'])}:1`)]), ...passed.map(passing)];
  }
  if (name === 'DeleteTaskDefinitions') return of(each('task-definition', input['taskDefinitions']));
  if (name === 'RunTask' || name === 'StartTask') {
    const definition = arn('task-definition', String(input['taskDefinition']));
    const tagging = { action: 'ecs:TagResource', resource: arn('task', `${cluster}/x`), context: tags ?? {} };
    return [{ action: call.name, resource: definition, context: inCluster }, ...(tags ? [tagging] : [])];
  }
  return of([String(input['resourceArn'] ?? '*')]);
}

function passing(role: unknown): Requirement {
  return {
    action: 'iam:PassRole',
    resource: String(role),
    context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
  };
}

/** What ECR asks of the caller. */
export function ofEcr(call: Call, name: string): Requirement[] {
  const { repositoryName, repositoryNames, resourceArn } = call.parameters as {
    repositoryName?: string;
    repositoryNames?: string[];
    resourceArn?: string;
  };
  const names = repositoryNames ?? (repositoryName === undefined ? ['*'] : [repositoryName]);
  const resources =
    resourceArn === undefined
      ? names.map((one) => `arn:aws:ecr:${call.region}:${accountId}:repository/${one}`)
      : [resourceArn];
  if (name === 'GetAuthorizationToken') return [{ action: call.name, resource: '*', context: {} }];
  const tags = tagsOf(call.parameters);
  const actions = [call.name, ...(tags && name === 'CreateRepository' ? ['ecr:TagResource'] : [])];
  return resources.flatMap((resource) =>
    actions.map((action) => ({ action, resource, context: { ...tags } })),
  );
}

/** What CloudWatch Logs asks of the caller: every call concerns the streams of a group. */
export function ofLogs(call: Call, name: string): Requirement[] {
  const { logGroupName = '', logGroupIdentifier, resourceArn } = call.parameters as Record<string, string>;
  const group = logGroupIdentifier?.replace(/^arn:.*:log-group:/, '') ?? logGroupName;
  const resource = resourceArn ?? `arn:aws:logs:${call.region}:${accountId}:log-group:${group}:log-stream:`;
  const tags = tagsOf(call.parameters);
  const actions = [call.name, ...(tags && name === 'CreateLogGroup' ? ['logs:TagResource'] : [])];
  return actions.map((action) => ({ action, resource, context: { ...tags } }));
}

/** The tags that a call gives, as conditions name them; undefined when it gives none. */
function tagsOf({ tags }: Input): Context | undefined {
  if (tags === undefined || tags === null) return undefined;
  const entries = Array.isArray(tags)
    ? (tags as Record<string, string>[]).map((tag) => [
        tag['key'] ?? tag['Key'],
        tag['value'] ?? tag['Value'],
      ])
    : Object.entries(tags);
  const named = entries.map(([key, value]) => [`aws:RequestTag/${String(key)}`, String(value)]);
  return named.length > 0 ? (Object.fromEntries(named) as Context) : undefined;
}
