import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { GetParametersCommand } from '@aws-sdk/client-ssm';
import type { Account } from '../account.js';
import type { Layer } from '../calls.js';
import type { Context } from '../behaviours/policy.js';
import type { Statement } from '../enforcement.js';
import { accountId, type ContainerDefinition, type Task } from './records.js';
import type { Ecr } from './registry/ecr.js';
import { firstDenied, statementsOf } from './role-permissions.js';
import { CannotStart } from './runtime.js';
import { lastPart, type EcsState } from './state.js';

/** What the agents do with the rights of roles: of the machine's, and of the execution role of a task. */
export class AgentPermissions {
  readonly #account: Account;
  readonly #state: EcsState;
  readonly #ecr: Ecr;
  /** By the name of a role, or `profile/` and that of a profile. */
  #statements = new Map<string, Promise<readonly Statement[]>>();

  constructor(account: Account, state: EcsState, ecr: Ecr) {
    this.#account = account;
    this.#state = state;
    this.#ecr = ecr;
  }

  /** Forgets what roles may do whenever one is changed. */
  readonly layer: Layer = async (call, next) => {
    if (call.service === 'iam' && !/:(Get|List|Simulate)/.test(call.name)) this.#statements = new Map();
    return next(call);
  };

  /** The first thing that an agent needs and may not do. */
  async deniedToAgent(instanceProfile: string | undefined, cluster: string): Promise<string | undefined> {
    const { region } = this.#state;
    const arn = this.#state.arn('cluster', cluster);
    const instance = `arn:aws:ecs:${region}:${accountId}:container-instance/${cluster}/x`;
    const context: Context = { 'ecs:cluster': arn };
    return firstDenied(await this.#ofProfile(instanceProfile), [
      ['ecs:DiscoverPollEndpoint', '*'],
      ['ecs:RegisterContainerInstance', arn],
      ['ecs:Poll', instance, context],
      ['ecs:StartTelemetrySession', instance, context],
      ['ecs:SubmitTaskStateChange', arn, context],
      ['ecs:SubmitContainerStateChange', arn, context],
    ]);
  }

  /**
   * The login for an image.
   *
   * @throws CannotStart when the machine may not pull it
   */
  async pullFrom({ instance, definition }: Task, image: string): Promise<string | undefined> {
    const login = await this.#ecr.loginOfAgent(image);
    if (login === undefined) return undefined;
    const name = /^[^/]+\/([^@:]+)/.exec(image)?.[1] ?? '';
    const repository = `arn:aws:ecr:${this.#state.region}:${accountId}:repository/${name}`;
    const statements = instance
      ? await this.#ofProfile(instance.instanceProfile)
      : await this.#ofRole(definition.executionRoleArn);
    const denied = firstDenied(statements, [
      ['ecr:GetAuthorizationToken', '*'],
      ['ecr:BatchGetImage', repository],
      ['ecr:GetDownloadUrlForLayer', repository],
    ]);
    if (denied === undefined) return login;
    throw new CannotStart(
      `CannotPullECRContainerError: AccessDeniedException: User is not authorized to perform: ${denied} because no identity-based policy allows the ${denied} action`,
    );
  }

  /** @throws CannotStart when the log driver may not write */
  async mayWriteLogs({ instance, definition }: Task, group: string, container: string): Promise<void> {
    const stream = `arn:aws:logs:${this.#state.region}:${accountId}:log-group:${group}:log-stream:x`;
    const statements = instance
      ? await this.#ofProfile(instance.instanceProfile)
      : await this.#ofRole(definition.executionRoleArn);
    const denied = firstDenied(statements, [
      ['logs:CreateLogStream', stream],
      ['logs:PutLogEvents', stream],
    ]);
    if (denied === undefined) return;
    throw new CannotStart(
      `CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: AccessDeniedException: not authorized to perform: ${denied}`,
      container,
    );
  }

  /**
   * The secrets of a container, as variables.
   *
   * @throws CannotStart
   */
  async secretsOf(
    { definition: { executionRoleArn } }: Task,
    { secrets = [] }: ContainerDefinition,
  ): Promise<Record<string, string>> {
    if (secrets.length === 0) return {};
    const failed = (why: string) =>
      new CannotStart(
        `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: ${why}`,
      );
    if (executionRoleArn === undefined) throw failed('no execution role');
    const statements = await this.#ofRole(executionRoleArn);
    const denied = firstDenied(
      statements,
      secrets.map(({ valueFrom }) => ['ssm:GetParameters', valueFrom] as const),
    );
    if (denied !== undefined) {
      throw failed(`AccessDeniedException: not authorized to perform: ${denied}`);
    }
    const { moto, direct } = this.#account;
    const nameOf = (valueFrom: string) => valueFrom.replace(/^arn:.*?:parameter/, '');
    const values = new Map<string, string>();
    for (let first = 0; first < secrets.length; first += 10) {
      const Names = secrets.slice(first, first + 10).map(({ valueFrom }) => nameOf(valueFrom));
      const { Parameters = [], InvalidParameters = [] } = await moto.unrestricted(() =>
        direct.ssm.send(new GetParametersCommand({ Names, WithDecryption: true })),
      );
      if (InvalidParameters.length > 0) {
        throw failed(`invalid ssm parameters: ${InvalidParameters.join(', ')}`);
      }
      for (const { Name = '', Value = '' } of Parameters) values.set(Name, Value);
    }
    return Object.fromEntries(
      secrets.map(({ name, valueFrom }) => [name, values.get(nameOf(valueFrom)) ?? '']),
    );
  }

  #ofProfile(InstanceProfileName: string | undefined): Promise<readonly Statement[]> {
    if (InstanceProfileName === undefined) return Promise.resolve([]);
    return this.#remembered(`profile/${InstanceProfileName}`, async () => {
      const { direct } = this.#account;
      const { InstanceProfile } = await direct.iam.send(
        new GetInstanceProfileCommand({ InstanceProfileName }),
      );
      const role = InstanceProfile?.Roles?.[0]?.RoleName;
      return role === undefined ? [] : statementsOf(direct.iam, role);
    });
  }

  #ofRole(arn: string | undefined): Promise<readonly Statement[]> {
    if (arn === undefined) return Promise.resolve([]);
    const name = lastPart(arn);
    return this.#remembered(name, () => statementsOf(this.#account.direct.iam, name));
  }

  #remembered(key: string, read: () => Promise<readonly Statement[]>): Promise<readonly Statement[]> {
    const found = this.#statements.get(key) ?? this.#account.moto.unrestricted(read);
    this.#statements.set(key, found);
    found.catch(() => this.#statements.delete(key));
    return found;
  }
}
