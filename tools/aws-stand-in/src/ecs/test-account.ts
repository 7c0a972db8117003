import { gzipSync } from 'node:zlib';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListContainerInstancesCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type ContainerDefinition,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { setTimeout as delay } from 'node:timers/promises';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { stringify } from 'yaml';
import { clientsFor, type Clients } from '../clients-for.js';
import type { AwsStandIn } from '../stand-in.js';

/** What an agent does with the rights of its machine. */
const agentActions = [
  'ecs:DiscoverPollEndpoint',
  'ecs:RegisterContainerInstance',
  'ecs:Poll',
  'ecs:StartTelemetrySession',
  'ecs:Submit*',
  'ecr:*',
  'logs:*',
];

const image = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';

/** An account with a cluster, and what machines for it need; for the tests of the stand-in itself. */
export class TestAccount {
  readonly aws: AwsStandIn;
  readonly clients: Clients;
  readonly cluster = 'lab';

  private constructor(aws: AwsStandIn) {
    this.aws = aws;
    this.clients = clientsFor(aws, aws.environment, { attempts: 1 });
  }

  static async make(aws: AwsStandIn): Promise<TestAccount> {
    aws.behaviour.profileRefusals = 0;
    const account = new TestAccount(aws);
    await account.clients.ecs.send(new CreateClusterCommand({ clusterName: account.cluster }));
    await account.role('machine', agentActions);
    await aws.direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'machine' }));
    const pair = { InstanceProfileName: 'machine', RoleName: 'machine' };
    await aws.direct.iam.send(new AddRoleToInstanceProfileCommand(pair));
    return account;
  }

  /** @returns its ARN */
  async role(RoleName: string, actions: readonly string[]): Promise<string> {
    const { iam } = this.aws.direct;
    const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }));
    const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'given', PolicyDocument }));
    return made.Role?.Arn ?? '';
  }

  /** @returns the id of a machine whose agent has these attributes */
  async launch(attributes: Record<string, string>, InstanceType = 't3.large', more = ''): Promise<string> {
    const { ec2, ssm } = this.clients;
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: image }));
    const content = `ECS_CLUSTER=${this.cluster}\nECS_INSTANCE_ATTRIBUTES=${JSON.stringify(attributes)}\n${more}`;
    const files = [{ path: '/etc/ecs/ecs.config', permissions: '0644', content }];
    const userData = gzipSync(`#cloud-config\n${stringify({ write_files: files })}`);
    const { Instances: [made] = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: Parameter?.Value,
        InstanceType: InstanceType as 't3.large',
        MinCount: 1,
        MaxCount: 1,
        UserData: userData.toString('base64'),
        IamInstanceProfile: { Name: 'machine' },
      }),
    );
    return made?.InstanceId ?? '';
  }

  /** @returns the ARN */
  async define(
    family: string,
    container: Partial<ContainerDefinition> = {},
    more: { taskRoleArn?: string; executionRoleArn?: string } = {},
  ): Promise<string> {
    const { taskDefinition } = await this.clients.ecs.send(
      new RegisterTaskDefinitionCommand({
        family,
        networkMode: 'host',
        containerDefinitions: [{ name: family, image: 'registry.example/name:1', memory: 512, ...container }],
        ...more,
      }),
    );
    return taskDefinition?.taskDefinitionArn ?? '';
  }

  async service(name: string): Promise<Service> {
    const { services: [found] = [] } = await this.clients.ecs.send(
      new DescribeServicesCommand({ cluster: this.cluster, services: [name] }),
    );
    if (!found) throw new Error(`there is no service ${name}`);
    return found;
  }

  async instances(filter?: string): Promise<string[]> {
    const { containerInstanceArns = [] } = await this.clients.ecs.send(
      new ListContainerInstancesCommand({ cluster: this.cluster, filter }),
    );
    return containerInstanceArns;
  }

  async tasks(desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'): Promise<Task[]> {
    const { cluster } = this;
    const { ecs } = this.clients;
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, desiredStatus }));
    if (taskArns.length === 0) return [];
    return (await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
  }

  /** Looks until something holds. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    for (let look = 0; look < 400; look += 1) {
      if (await holds()) return;
      await delay(25);
    }
    throw new Error(`it does not come to ${holds.toString()}`);
  }
}
