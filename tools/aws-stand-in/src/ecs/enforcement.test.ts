import { CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { clientsFor, type Clients } from '../clients-for.js';
import { useAws } from '../index.js';

const aws = useAws();
const of = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:123456789012:${resource}`;

const cluster = new CreateClusterCommand({ clusterName: 'lab', tags: [{ key: 'k', value: 'v' }] });
const repository = new CreateRepositoryCommand({ repositoryName: 'loadwright' });
const group = new CreateLogGroupCommand({ logGroupName: '/loadwright/lab' });
const role = 'arn:aws:iam::123456789012:role/loadwright/target';
const definition = new RegisterTaskDefinitionCommand({
  family: 'lab',
  taskRoleArn: role,
  containerDefinitions: [{ name: 'c', image: 'i', memory: 64 }],
});
const service = new CreateServiceCommand({ cluster: 'lab', serviceName: 'one', taskDefinition: 'lab' });

const calls: Record<string, (clients: Clients) => Promise<unknown>> = {
  cluster: ({ ecs }) => ecs.send(cluster),
  repository: ({ ecr }) => ecr.send(repository),
  token: ({ ecr }) => ecr.send(new GetAuthorizationTokenCommand({})),
  group: ({ logs }) => logs.send(group),
  definition: ({ ecs }) => ecs.send(definition),
};

it.each([
  ['cluster', ['ecs:CreateCluster', 'ecs:TagResource'], [of('ecs', 'cluster/lab')]],
  ['repository', ['ecr:CreateRepository'], [of('ecr', 'repository/loadwright')]],
  ['token', ['ecr:GetAuthorizationToken'], ['*']],
  ['group', ['logs:CreateLogGroup'], [of('logs', 'log-group:/loadwright/*')]],
  ['definition', ['ecs:RegisterTaskDefinition', 'iam:PassRole'], [of('ecs', 'task-definition/lab:*'), role]],
])('a %s needs %j', async (name, actions, Resource) => {
  const as = async (Action: readonly string[], resource: readonly string[]) =>
    calls[name]?.(
      clientsFor(aws(), await aws().asUserWith([{ Effect: 'Allow', Action, Resource: resource }])),
    );
  for (const missing of actions) {
    const others = actions.filter((action) => action !== missing);
    await expect(as([...others, 'sts:GetCallerIdentity'], Resource)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(missing) as string,
    });
  }
  if (!Resource.includes('*')) {
    await expect(as(actions, [of('ecs', 'cluster/other')])).rejects.toThrow('not authorized');
  }
  await as(actions, Resource);
});

it('asks for the cluster of a service, and for what is read', async () => {
  const { ecs } = clientsFor(aws());
  await ecs.send(cluster);
  await ecs.send(definition);
  const user = await aws().asUserWith([
    {
      Effect: 'Allow',
      Action: 'ecs:CreateService',
      Resource: of('ecs', 'service/lab/*'),
      Condition: { ArnEquals: { 'ecs:cluster': of('ecs', 'cluster/lab') } },
    },
  ]);
  const clients = clientsFor(aws(), user);
  await clients.ecs.send(service);
  await expect(clients.ecs.send(new DeleteClusterCommand({ cluster: 'lab' }))).rejects.toThrow(
    'not authorized',
  );
  const read = new FilterLogEventsCommand({ logGroupName: '/loadwright/lab' });
  await expect(clients.logs.send(read)).rejects.toThrow('not authorized');
});
