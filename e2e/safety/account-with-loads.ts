import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  AwsStandIn,
  locustContainers,
  realMachines,
  type LocustContainers,
  type RealMachines,
} from '@loadwright/aws-stand-in';
import { variablesFor } from '../../packages/infra/test/ec2/quick-fleet.js';
import { uiPort } from '../../packages/infra/test/ec2/work.js';
import { baseImage, offerBaseImage } from '../../packages/infra/test/ecs/base-image.js';
import { FakeAws } from '../../packages/infra/test/session-manager/fake-aws.js';
import type { LiarPort } from '../../packages/infra/test/truth/liar.js';
import { Command } from '../../packages/cli/test/command.js';
import { LoadOfCommand } from './load-of-command.js';

/** What the loads of an account come from. */
export type AccountKind = 'EC2' | 'ECS' | 'Fargate';

const shared = { region: 'eu-west-1', uiPort, startTimeout: '60s' };
const onEcs = { kind: 'ecs', ...shared, access: 'http', workers: 1 };

/** The fleet of each; of EC2 a session is the only way from a command to the web UI of its master. */
const fleetOf: Readonly<Record<AccountKind, () => Readonly<Record<string, unknown>>>> = {
  EC2: () => ({ kind: 'ec2', ...shared, access: 'session-manager' }),
  ECS: () => ({ ...onEcs, containerImage: baseImage() }),
  Fargate: () => ({ ...onEcs, containerImage: baseImage(), launchType: 'fargate', vcpus: 1 }),
};

/** An account of AWS whose machines and tasks run what they are told to, for commands in processes of their own. */
export class AccountWithLoads {
  /** By which a command without a configuration finds the fleets. */
  readonly flags: readonly string[];
  readonly #kind: AccountKind;
  readonly #aws: AwsStandIn;
  readonly #machines: RealMachines | undefined;
  readonly #containers: LocustContainers;
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadwright-account-'));
  readonly #atEnd: (() => unknown)[] = [];
  /** Of the command that is under way: who cuts it cuts the network. */
  #way: FakeAws | undefined;

  private constructor(kind: AccountKind, aws: AwsStandIn) {
    this.flags = ['--fleet', kind === 'EC2' ? 'ec2' : 'ecs', '--region', shared.region];
    this.#kind = kind;
    this.#aws = aws;
    this.#containers = locustContainers(aws);
    aws.behaviour.containers = this.#containers;
    // Machines of ECS run containers, and nothing else.
    if (kind !== 'EC2') return;
    this.#machines = realMachines(aws);
    const { hooks } = this.#machines;
    Object.assign(aws.behaviour, hooks, {
      onMachine: async (machine: Parameters<typeof hooks.onMachine>[0]) => {
        await hooks.onMachine(machine);
        this.#way?.leadsTo(machine.privateAddress, uiPort);
      },
    });
  }

  static async start(kind: AccountKind): Promise<AccountWithLoads> {
    const endBase = kind === 'EC2' ? undefined : await offerBaseImage();
    const account = new AccountWithLoads(kind, await AwsStandIn.start());
    if (endBase) account.#atEnd.push(endBase);
    return account;
  }

  /**
   * A command with a load on a fleet of this account. The test that asks for it is the only one at the time.
   *
   * @param fleet options of it besides
   */
  load(port: LiarPort, seconds: number, argv: readonly string[], fleet: object = {}): LoadOfCommand {
    const config = { fleet: { ...fleetOf[this.#kind](), ...fleet } };
    return new LoadOfCommand(port, seconds, { argv, config, environment: this.#openWay() });
  }

  /** Carries out a command to its end. */
  async carryOut(argv: readonly string[]): Promise<string> {
    const command = new Command([...argv], { environment: this.#openWay() });
    const exitCode = await command.ended;
    const output = command.stdout + command.stderr;
    expect({ exitCode, output }).toEqual({ exitCode: 0, output });
    return command.stdout;
  }

  /** From now on nothing comes through between the command and its master, and nobody says so. */
  cutNetwork(): void {
    process.kill(this.#way!.plugin, 'SIGSTOP');
  }

  /** From now on the masters in containers do nothing, as one whose machine hangs. @returns lets them go on */
  freezeMaster(): () => void {
    this.#containers.signal('master', 'SIGSTOP');
    return () => this.#containers.signal('master', 'SIGCONT');
  }

  /** Names of the containers that run. */
  containers(): readonly string[] {
    return this.#containers.running();
  }

  /** From now on AWS answers nothing. @returns lets it speak again */
  silence(): () => void {
    let speak = () => {};
    const silent = new Promise<void>((resolve) => (speak = resolve));
    this.#aws.inject({
      at: '*',
      times: Infinity,
      fault: { kind: 'kill', when: 'before', callback: () => silent },
    });
    return () => {
      this.#aws.withoutFaults();
      speak();
    };
  }

  /** Ids of the runs of which something stands. */
  async deployed(): Promise<string[]> {
    const runs = JSON.parse(await this.carryOut(['list', '--json', ...this.flags])) as { fleetId: string }[];
    return runs.map(({ fleetId }) => fleetId);
  }

  async end(): Promise<void> {
    await this.#aws.stop();
    await this.#containers.clear();
    for (const remove of this.#atEnd) await remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #openWay(): Record<string, string> {
    this.#way = new FakeAws([], (remove) => this.#atEnd.push(remove));
    // To the machine that stands, until the command makes one.
    const [first] = this.#machines?.made ?? [];
    if (first) this.#way.leadsTo(first.privateAddress, uiPort);
    return {
      ...variablesFor(this.#aws),
      ...this.#way.environment,
      LOADWRIGHT_STATE_DIR: join(this.#folder, 'state'),
    };
  }
}
