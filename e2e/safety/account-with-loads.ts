import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { AwsStandIn, realMachines, type RealMachines } from '@loadwright/aws-stand-in';
import { variablesFor } from '../../packages/infra/test/ec2/quick-fleet.js';
import { uiPort } from '../../packages/infra/test/ec2/work.js';
import { FakeAws } from '../../packages/infra/test/session-manager/fake-aws.js';
import type { LiarPort } from '../../packages/infra/test/truth/liar.js';
import { Command } from '../../packages/cli/test/command.js';
import { LoadOfCommand } from './load-of-command.js';

/** The only way from a command to the web UI of its master. */
const fleet = { kind: 'ec2', region: 'eu-west-1', access: 'session-manager', uiPort, startTimeout: '60s' };

/** An account of AWS whose machines run what their user data says, for commands in processes of their own. */
export class AccountWithLoads {
  readonly #aws: AwsStandIn;
  readonly #machines: RealMachines;
  readonly #folder = mkdtempSync(join(tmpdir(), 'loadwright-account-'));
  readonly #atEnd: (() => void)[] = [];
  /** Of the command that is under way: who cuts it cuts the network. */
  #way: FakeAws | undefined;

  private constructor(aws: AwsStandIn) {
    this.#aws = aws;
    this.#machines = realMachines(aws);
    const { hooks } = this.#machines;
    Object.assign(aws.behaviour, hooks, {
      onMachine: async (machine: Parameters<typeof hooks.onMachine>[0]) => {
        await hooks.onMachine(machine);
        this.#way?.leadsTo(machine.privateAddress, uiPort);
      },
    });
  }

  static async start(): Promise<AccountWithLoads> {
    return new AccountWithLoads(await AwsStandIn.start());
  }

  /** A command with a load on a fleet of this account. The test that asks for it is the only one at the time. */
  load(port: LiarPort, seconds: number, argv: readonly string[]): LoadOfCommand {
    return new LoadOfCommand(port, seconds, { argv, config: { fleet }, environment: this.#openWay() });
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
    const runs = JSON.parse(await this.carryOut(['list', '--json', ...flags])) as { fleetId: string }[];
    return runs.map(({ fleetId }) => fleetId);
  }

  async end(): Promise<void> {
    await this.#aws.stop();
    for (const remove of this.#atEnd) remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #openWay(): Record<string, string> {
    this.#way = new FakeAws([], (remove) => this.#atEnd.push(remove));
    // To the machine that stands, until the command makes one.
    const [first] = this.#machines.made;
    if (first) this.#way.leadsTo(first.privateAddress, uiPort);
    return {
      ...variablesFor(this.#aws),
      ...this.#way.environment,
      LOADWRIGHT_STATE_DIR: join(this.#folder, 'state'),
    };
  }
}

/** By which a command without a configuration finds the fleet. */
export const flags = ['--fleet', 'ec2', '--region', fleet.region];
