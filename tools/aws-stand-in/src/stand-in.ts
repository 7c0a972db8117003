import { setTimeout as delay } from 'node:timers/promises';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { CreatePolicyCommand } from '@aws-sdk/client-iam';
import { directClients, ordinary, type Account, type Behaviour, type DirectClients } from './account.js';
import { callerAddress } from './behaviours/caller-address.js';
import { consoleOutput } from './behaviours/console-output.js';
import { describeInstances } from './behaviours/describe-instances.js';
import { playedEndpoint } from './behaviours/endpoint.js';
import { eventualConsistency } from './behaviours/eventual-consistency.js';
import { foreignBuckets } from './behaviours/foreign-buckets.js';
import { instanceProfiles } from './behaviours/instance-profiles.js';
import { roleInProfile, type Roles } from './behaviours/machine-roles.js';
import { Machines } from './behaviours/machines.js';
import { ParameterPolicies } from './behaviours/parameter-policies.js';
import { permissions, type Users } from './behaviours/permissions.js';
import { decide } from './behaviours/policy.js';
import { pricing } from './behaviours/pricing.js';
import { publicParameters } from './behaviours/public-parameters.js';
import { quotas } from './behaviours/quotas.js';
import { runInstances } from './behaviours/run-instances.js';
import { securityGroups } from './behaviours/security-groups.js';
import { simulation } from './behaviours/simulation.js';
import type { Answer, Call, Layer, RawRequest } from './calls.js';
import { Ecs } from './ecs/ecs.js';
import { LazyRegistry } from './ecs/registry/lazy-registry.js';
import { addUser, type Statement } from './enforcement.js';
import { Faults, type InjectedFault, type Injection } from './faults.js';
import { readInventory, readSecrets } from './inventory.js';
import { logged, type LoggedCall } from './log.js';
import { Moto } from './moto.js';
import { prepareNetwork } from './network.js';
import { readCall } from './read-call.js';
import { LoopbackServer } from './server.js';

/** Variables of a process that shall talk to the stand-in, and to nothing else. */
export type AwsEnvironment = Readonly<Record<string, string>>;

/**
 * AWS for tests: moto behind a proxy that adds what AWS does and moto does not, and that lets calls fail.
 *
 * The calls come over HTTP from the real SDK, of this process or of another. What it does not prove: capacity,
 * propagation times, and everything that happens inside a machine.
 */
export class AwsStandIn {
  readonly region: string;
  /** Calls that do not go through the proxy. */
  readonly direct: DirectClients;
  /** Every call since the last reset, in the order of arrival. */
  calls: LoggedCall[] = [];
  readonly #moto: Moto;
  #server!: LoopbackServer;
  #behaviour: Behaviour = { ...ordinary };
  #faults = new Faults();
  #layers: readonly Layer[] = [];
  #machines: Machines | undefined;
  #ecs!: Ecs;
  #parameterPolicies!: ParameterPolicies;
  readonly #registry = new LazyRegistry();
  #users: Users = new Map();
  #roles: Roles = new Map();

  private constructor(moto: Moto, region: string) {
    this.#moto = moto;
    this.region = region;
    this.direct = directClients(moto.url, region);
  }

  static async start(options: { region?: string } = {}): Promise<AwsStandIn> {
    const aws = new AwsStandIn(await Moto.start(), options.region ?? 'eu-west-1');
    aws.#server = await LoopbackServer.start(
      (request) => aws.#answer(request),
      () => aws.behaviour.clockOffset,
    );
    await aws.reset();
    return aws;
  }

  /** Its members may be changed between two calls. */
  get behaviour(): Behaviour {
    return this.#behaviour;
  }

  /** What ECS and ECR have, and what happens to them. */
  get ecs(): Ecs {
    return this.#ecs;
  }

  /** Base URL of every service. `{endpoint}/checkip` answers as checkip.amazonaws.com does. */
  get endpoint(): string {
    return this.#server.url;
  }

  /** Made-up keys that may do everything. */
  get environment(): AwsEnvironment {
    return this.environmentOf({ accessKeyId: 'AKIAMADEUPFORTESTS01', secretAccessKey: 'made-up-for-tests' });
  }

  environmentOf(keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): AwsEnvironment {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_REGION: this.region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  /** A new account, without faults, that behaves as an {@link ordinary} one but for what is given. */
  async reset(changes: Partial<Behaviour> = {}): Promise<void> {
    await this.idle();
    await this.#machines?.clear();
    await this.#ecs?.close();
    await this.#moto.reset();
    this.#behaviour = { ...ordinary, ...changes };
    await prepareNetwork(this.direct.ec2, this.behaviour.network);
    this.calls = [];
    this.#faults = new Faults();
    this.#users = new Map();
    this.#roles = new Map();
    this.#layers = this.#makeLayers();
  }

  inject(injection: Injection): InjectedFault {
    return this.#faults.inject(injection);
  }

  /** From now on nothing goes wrong. */
  withoutFaults(): void {
    this.#faults.clear();
  }

  /** Settles when no call is in flight: wait for it after a caller was killed. */
  async idle(): Promise<void> {
    await this.#server.idle();
  }

  /** What exists in the account, read from moto itself: `ec2:instance/i-…`, sorted. */
  async inventory(): Promise<string[]> {
    await this.#parameterPolicies.enforce();
    const inventory = await this.#moto.unrestricted(() => readInventory(this.direct));
    return [...inventory, ...this.#ecs.inventory()].sort();
  }

  /** Methods and paths that the registry of images was asked. */
  registryRequests(): Promise<readonly string[]> {
    return this.#ecs.ecr.requests();
  }

  /** What is secret in the Parameter Store: tests look for it elsewhere. */
  async secrets(): Promise<string[]> {
    await this.#parameterPolicies.enforce();
    return this.#moto.unrestricted(() => readSecrets(this.direct));
  }

  /** Names of parameters that nobody would remove if no further call came: they have no date after which AWS does. */
  async endlessParameters(): Promise<string[]> {
    return this.#parameterPolicies.endless();
  }

  /**
   * Makes a user that may do this and nothing else, and has permissions enforced from now on.
   *
   * @returns the variables with the user's keys.
   */
  async asUserWith(statements: readonly Statement[]): Promise<AwsEnvironment> {
    const user = await this.#moto.unrestricted(() => addUser(this.direct.iam, statements));
    this.#users.set(user.accessKeyId, user);
    await this.#moto.enforce(true);
    return this.environmentOf(user);
  }

  /** What an administrator creates once: a managed policy, such as the permissions boundary. */
  async createPolicy(policy: { readonly name: string; readonly path: string; readonly document: unknown }) {
    const { name: PolicyName, path: Path, document } = policy;
    const PolicyDocument = JSON.stringify(document);
    await this.#moto.unrestricted(() =>
      this.direct.iam.send(new CreatePolicyCommand({ PolicyName, Path, PolicyDocument })),
    );
  }

  /**
   * From now on who calls with this key may do what the role in an instance profile allows, and nothing else.
   *
   * @returns the name of the role; undefined when there is none.
   */
  async addRoleKeys(accessKeyId: string, instanceProfile: string | undefined): Promise<string | undefined> {
    if (instanceProfile === undefined) return undefined;
    const name = await this.#moto.unrestricted(() => roleInProfile(this.direct.iam, instanceProfile));
    if (name !== undefined) this.#roles.set(accessKeyId, name);
    return name;
  }

  /** The same with the name of the role. */
  addKeysOfRole(accessKeyId: string, role: string): void {
    this.#roles.set(accessKeyId, role);
  }

  /** A machine ends, and nobody has asked for it: as when AWS takes it back, or it breaks. */
  async endMachine(id: string): Promise<void> {
    await this.#moto.unrestricted(() =>
      this.direct.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
    );
    await this.#machines?.end(id);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#machines?.clear();
    await this.#ecs.close();
    await this.#registry.stop();
    for (const client of Object.values(this.direct)) (client as { destroy(): void }).destroy();
    await this.#moto.stop();
  }

  #makeLayers(): Layer[] {
    const account: Account = {
      moto: this.#moto,
      direct: this.direct,
      region: this.region,
      behaviour: this.behaviour,
    };
    this.#parameterPolicies = new ParameterPolicies(account);
    const ecs = new Ecs(account, {
      registry: () => this.#registry.get(),
      permits: (accessKeyId, action, resource) => {
        const statements = this.#users.get(accessKeyId)?.statements;
        return !this.#moto.enforcing || !statements || decide(statements, action, resource, {}) === 'allowed';
      },
    });
    this.#ecs = ecs;
    const machines = new Machines(account, ecs);
    this.#machines = machines;
    return [
      this.#faults.layer,
      callerAddress(account),
      permissions(account, this.#users, this.#roles),
      foreignBuckets(account),
      eventualConsistency(account),
      runInstances(machines),
      instanceProfiles(account),
      quotas(account),
      describeInstances(account, machines),
      consoleOutput(account),
      securityGroups(account, machines),
      publicParameters(account),
      this.#parameterPolicies.layer,
      pricing(account),
      playedEndpoint(account),
      simulation(account, this.#users),
      ...ecs.layers,
    ];
  }

  async #answer(request: RawRequest): Promise<Answer> {
    const call = readCall(this.calls.length + 1, request);
    const entry = logged(call);
    this.calls.push(entry);
    const layers = this.#layers;
    const through =
      (index: number) =>
      async (current: Call): Promise<Answer> => {
        const layer = layers[index];
        if (layer) return layer(current, through(index + 1));
        // What a role may do was decided above: moto does not know its keys.
        const isOfRole = this.#roles.has(current.accessKeyId);
        return isOfRole
          ? this.#moto.forwardUnrestricted(current.request)
          : this.#moto.forward(current.request);
      };
    try {
      if (this.behaviour.latency > 0) await delay(this.behaviour.latency);
      const answer = await through(0)(call);
      entry.outcome = answer.status;
      return answer;
    } catch (error) {
      entry.outcome = 'dropped';
      throw error;
    } finally {
      entry.end = performance.now();
    }
  }
}
