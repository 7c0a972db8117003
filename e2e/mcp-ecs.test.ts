import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, deployFleet, type OpenedFleet, type Target } from '@loadwright/core';
import { fargatePrice, type AwsStandIn } from '@loadwright/aws-stand-in';
import type { Emulator } from '@loadwright/core/target';
import { dht } from '@loadwright/targets/dht';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInFleets } from '../packages/cli/src/fleet/kinds.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { TestIo } from '../packages/cli/test/support.js';
import { variablesFor } from '../packages/infra/test/ec2/quick-fleet.js';
import { baseImage } from '../packages/infra/test/ecs/base-image.js';
import { optionsFor, quickEcsFleet } from '../packages/infra/test/ecs/work.js';
import { ask, connectAgent, type Answer } from './agent.js';
import { startContainerAccount, type ContainerAccount } from './container-account.js';

const timeout = 180_000;

let aws: AwsStandIn;
let emulator: Emulator;
let account: ContainerAccount;
let folder: string;

const urls = { template: 'https://origin.example/item/{i}', count: 20 };

beforeAll(async () => {
  account = await startContainerAccount();
  ({ aws } = account);
  // Without prices nothing could be carried out, whatever a person answers.
  aws.behaviour.prices = [
    fargatePrice('EUW1-Fargate-vCPU-Hours:perCPU', aws.region, '0.04048'),
    fargatePrice('EUW1-Fargate-GB-Hours', aws.region, '0.004445'),
  ];
  ({ emulator } = await startEmulator(
    dht({ protocol: 'koorde', baseUrl: 'http://127.0.0.1:9', urls }).definition,
    {
      protocol: 'koorde',
    },
  ));
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-mcp-')));
}, timeout);
afterAll(async () => {
  await account.stop();
  await emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** An agent in a folder whose configuration has such a fleet. */
async function agent(fleet: Answer, person: () => ElicitResult) {
  const configuration = {
    target: { kind: 'dht', baseUrl: emulator.url, protocol: 'koorde', urls },
    load: { users: 2, duration: '3s', waitTime: '20ms' },
    workers: 2,
    fleet: {
      kind: 'ecs',
      region: aws.region,
      access: 'http',
      containerImage: baseImage(),
      workers: 2,
      ...fleet,
    },
  };
  writeFileSync(join(folder, 'loadwright.config.json'), JSON.stringify(configuration));
  const environment = { ...variablesFor(aws), LOADWRIGHT_STATE_DIR: join(folder, 'state') };
  const ecs = builtInFleets['ecs']!;
  const fleets = {
    ...builtInFleets,
    ecs: {
      ...ecs,
      load: async () => ({
        ...(await ecs.load()),
        create: (options: Answer) => quickEcsFleet({ ...optionsFor(aws, join(folder, 'state')), ...options }),
      }),
    },
  };
  return connectAgent({ io: new TestIo({ cwd: folder, environment }), fleets }, person);
}

/** Calls that may change the account: those of its API, and those that write to its registry of images. */
async function changes(): Promise<string[]> {
  const calls = aws.calls.map(({ name }) => name);
  const pushes = (await aws.registryRequests()).filter((request) => !/^(GET|HEAD) /.test(request));
  return [...calls.filter((name) => !/:(Get|List|Describe|Head|Simulate|BatchGet)/.test(name)), ...pushes];
}

const accept = (budgetUsDollars: number) => (): ElicitResult => ({
  action: 'accept',
  content: { budgetUsDollars },
});
const decline = (): ElicitResult => ({ action: 'decline' });

const launchTypes = [
  ['ECS on machines', { launchType: 'ec2' }],
  ['Fargate', { launchType: 'fargate' }],
] as const;

/** Each is refused: what the person answers, and what the agent sends in place of, or with, the hash of its plan. */
const refusals: readonly (readonly [string, () => ElicitResult, (hash: string) => Answer])[] = [
  ['invents a hash', accept(100), () => ({ planHash: '0123456789abcdef', budgetUsDollars: 100 })],
  ['has a person who declines', decline, (planHash) => ({ planHash, budgetUsDollars: 99 })],
  ['has a person with a smaller budget', accept(0.001), (planHash) => ({ planHash, budgetUsDollars: 99 })],
  ['proposes too small a budget', accept(100), (planHash) => ({ planHash, budgetUsDollars: 0.001 })],
];

describe.each(launchTypes)('an agent with %s', (_title, launchType) => {
  it.each(refusals)(
    'makes nothing and pushes nothing when it %s',
    async (_what, person, request) => {
      const client = await agent(launchType, person);
      const before = await changes();
      for (const plan of ['plan_deploy', 'plan_run']) {
        const planned = await ask(client, plan);
        expect(planned).toMatchObject({ isError: false, answer: { needsConsent: true } });
        expect(planned.answer['costsAtMostUsDollars']).toBeGreaterThan(0.01);
        const refused = await ask(client, 'carry_out', request(String(planned.answer['planHash'])));
        expect(refused).toMatchObject({ isError: true });
      }
      expect(await changes()).toEqual(before);
    },
    timeout,
  );
});

describe('an agent with a fleet that is deployed', () => {
  let deployed: OpenedFleet;
  beforeAll(async () => {
    const test = await createLoadTest({
      target: dht({ baseUrl: emulator.url, protocol: 'koorde', urls }) as Target,
      load: { users: 2, duration: '3s' },
      workers: 2,
      baseDirectory: folder,
      environment: {},
    });
    const options = {
      ...optionsFor(aws, join(folder, 'state')),
      launchType: 'fargate',
      vcpus: 1,
      workers: 2,
    } as const;
    deployed = await deployFleet(test, { fleet: quickEcsFleet(options), skipPreflight: true });
  }, timeout);
  afterAll(async () => {
    expect(await deployed.destroy()).toMatchObject({ remaining: [] });
  }, timeout);

  it.each(refusals.slice(0, 2))(
    'neither loads nor removes it when it %s',
    async (_what, person, request) => {
      const client = await agent({ launchType: 'fargate' }, person);
      const before = await changes();
      // It was deployed: such calls are seen.
      const pushed = expect.stringMatching(/^PUT .*\/manifests\//) as string;
      expect(before).toEqual(expect.arrayContaining(['ecs:RegisterTaskDefinition', 'ecs:RunTask', pushed]));
      for (const [plan, options] of [
        ['plan_run_on', { on: deployed.fleetId }],
        ['plan_destroy', { fleetId: deployed.fleetId }],
      ] as const) {
        const planned = await ask(client, plan, options);
        expect(planned).toMatchObject({ isError: false, answer: { needsConsent: true } });
        const refused = await ask(client, 'carry_out', request(String(planned.answer['planHash'])));
        expect(refused).toMatchObject({ isError: true });
      }
      expect(await changes()).toEqual(before);
      expect(await deployed.statistics()).toMatchObject({ state: 'ready' });
      expect(emulator.statistics().served).toBe(0);
    },
    timeout,
  );
});
