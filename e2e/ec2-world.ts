import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Emulator } from '@loadwright/core/target';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  AwsStandIn,
  instancePrice,
  realMachines,
  volumePrice,
  type AwsEnvironment,
  type Machine,
  type RealMachines,
  type Statement,
} from '@loadwright/aws-stand-in';
import { quickFleet, variablesFor } from '../packages/infra/test/ec2/quick-fleet.js';
import { uiPort } from '../packages/infra/test/ec2/work.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { builtInFleets } from '../packages/cli/src/fleet/kinds.js';
import type { FleetKinds } from '../packages/cli/src/fleet/fleet-kinds.js';
import { main } from '../packages/cli/src/main.js';
import { exampleOf, findTarget } from '../packages/cli/src/config/target.js';
import { TestIo } from '../packages/cli/test/support.js';

/** How long a machine may take here. */
const startTimeout = '60s';

type Settings = Readonly<Record<string, unknown>>;

/**
 * An account of AWS whose machines run what their user data says, the emulator of a target, and a folder with a
 * configuration of both.
 */
export class Ec2World {
  /** What must appear nowhere: the emulator's credentials, and every secret in the Parameter Store. */
  readonly secrets: Set<string>;
  /** What was said by commands that were not asked for a login. */
  said = '';
  #caller: AwsEnvironment;

  private constructor(
    readonly aws: AwsStandIn,
    readonly emulator: Emulator,
    readonly machines: RealMachines,
    readonly folder: string,
    /** What the account held before anything was made. */
    public before: readonly string[],
    readonly configuration: Settings,
  ) {
    this.#caller = aws.environment;
    // Its address is in the configuration, and no secret.
    const isSecret = (value: string) => value !== '' && value !== emulator.url;
    this.secrets = new Set(Object.values(emulator.environment).filter(isSecret));
  }

  static async make(kind: string, settings: Settings): Promise<Ec2World> {
    const aws = await AwsStandIn.start();
    aws.behaviour.prices = [
      instancePrice('c7i.4xlarge', aws.region, '0.76'),
      volumePrice(aws.region, '0.073'),
    ];
    const { definition } = await findTarget(kind, new TestIo());
    const { emulator } = await startEmulator(definition);
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = emulator.environment;
    // Where the target wants credentials of AWS, they are those of the machine's role.
    const keys = accessKeyId && {
      accessKeyId,
      secretAccessKey: AWS_SECRET_ACCESS_KEY!,
      sessionToken: AWS_SESSION_TOKEN!,
    };
    const machines = realMachines(aws, keys ? { keys } : {});
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-ec2-')));
    const world = new Ec2World(aws, emulator, machines, folder, await aws.inventory(), {
      target: { kind, ...exampleOf(definition), ...emulator.targetOptions },
      workers: 2,
      fleet: { kind: 'ec2', uiPort, startTimeout, access: 'https' },
      ...settings,
    });
    world.onMachine(() => {});
    await world.configure('loadwright.config.json');
    return world;
  }

  /** Writes a configuration in which some settings are other ones. */
  async configure(file: string, changes: Settings = {}): Promise<void> {
    await writeFile(join(this.folder, file), JSON.stringify({ ...this.configuration, ...changes }));
  }

  /** Variables of a user who may reach the account and the target. */
  get environment(): Record<string, string> {
    const state = join(this.folder, 'state');
    return { ...variablesFor(this.aws), ...this.emulator.environment, LOADWRIGHT_STATE_DIR: state };
  }

  io(terminal = false): TestIo {
    return new TestIo({ cwd: this.folder, environment: this.environment, terminal });
  }

  /** Runs the command in this process, with the fleets that come with it. */
  async command(argv: readonly string[], io = this.io()) {
    const exitCode = await main(argv, io, this.kinds);
    const [stdout, stderr] = [io.stdout.text, io.stderr.text];
    if (!io.stdout.isTTY && !argv.includes('--show-login')) this.said += stdout + stderr;
    return { exitCode, stdout, stderr };
  }

  /** The JSON document of a command that succeeds. */
  async document(argv: readonly string[]): Promise<Record<string, unknown>> {
    const { exitCode, stdout, stderr } = await this.command([...argv, '--json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr });
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** From now on the caller may do what `iam policy` prints, and nothing else; the account has the boundary that it asks for. */
  async restrict(): Promise<void> {
    const { Statement } = await this.document(['iam', 'policy']);
    const [name, path] = [
      `loadwright-ec2-boundary-${this.aws.region}`,
      `/loadwright/ec2/${this.aws.region}/`,
    ];
    const boundary = await this.document(['iam', 'policy', '--boundary']);
    await this.aws.createPolicy({ name, path, document: boundary });
    this.before = await this.aws.inventory();
    this.#caller = await this.aws.asUserWith(Statement as Statement[]);
  }

  /** From now on this happens when a machine has been made and EC2 has not answered yet. */
  onMachine(then: () => unknown): void {
    const { hooks } = this.machines;
    const onMachine = async (machine: Machine) => {
      for (const secret of await this.aws.secrets()) this.secrets.add(secret);
      await hooks.onMachine(machine);
      then();
    };
    Object.assign(this.aws.behaviour, hooks, { onMachine });
  }

  /** The account is as it was, and no secret is where it does not belong. */
  async expectNothingLeft(): Promise<void> {
    expect(await this.aws.inventory()).toEqual(this.before);
    expect(await this.#placesWithSecrets()).toEqual([]);
  }

  async end(): Promise<void> {
    await this.aws.stop();
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The fleets that come with the command. The caller's keys are not those of the role, which the target takes. */
  get kinds(): FleetKinds {
    return {
      ...builtInFleets,
      ec2: {
        ...builtInFleets['ec2']!,
        load: async () => ({
          ...(await builtInFleets['ec2']!.load()),
          create: (options) => {
            // Nor is their token his.
            const environment = { ...(options['environment'] as object), AWS_SESSION_TOKEN: '' };
            return quickFleet({
              uiPort,
              startTimeout,
              ...options,
              environment: { ...environment, ...this.#caller },
            });
          },
        }),
      },
    };
  }

  async #placesWithSecrets(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    const files = paths.map(async (path) => [path, await readFile(path, 'latin1')] as const);
    const seen = [
      ...(await Promise.all(files)),
      ['output', this.said] as const,
      ['calls', JSON.stringify(this.aws.calls)] as const,
      ...this.machines.made.map(({ userData }) => ['user data', gunzipSync(userData).toString()] as const),
    ];
    const forms = [...this.secrets].flatMap((secret) => [
      ...[secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')],
    ]);
    return seen.filter(([, text]) => forms.some((form) => text.includes(form))).map(([place]) => place);
  }
}

/** One world for all tests of a file. What fails on a machine fails the test. */
export function useEc2World(kind: string, settings: Settings): () => Ec2World {
  let world: Ec2World | undefined;
  beforeAll(async () => {
    world = await Ec2World.make(kind, settings);
  }, 360_000);
  afterEach(() => {
    expect(world?.machines.failures.splice(0)).toEqual([]);
  });
  afterAll(async () => world?.end());
  return () => {
    if (!world) throw new Error('the world is there only while tests run');
    return world;
  };
}
