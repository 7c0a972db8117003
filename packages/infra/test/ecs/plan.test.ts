import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { fargatePrice, instancePrice, useAws, volumePrice } from '@loadwright/aws-stand-in';
import { folder, optionsFor, provisionRequest, quickFleet } from './account.js';
import { ofTarget } from './as-printed.js';
import { ecsClients } from './clients.js';
import { roleWith } from './roles.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';

const aws = useAws();

const request = {
  fleetId: '20261123-093000-0123456789',
  workers: 8,
  durationSeconds: 300,
  host: 'https://service.example',
  variables: ['AWS_ACCESS_KEY_ID', 'API_TOKEN'],
  iamStatements: [
    { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: ['arn:aws:sagemaker:*:*:endpoint/x'] },
  ],
} as const;

/** What so many secrets cost five machines or tasks an hour: $0.05 a month each, and $0.05 for 10,000 calls, 7 each at the start. */
const ofSecrets = (count: number) => count * (0.05 / 730 + (7 * 0.05) / 10_000);

const fleet = (more: EcsFleetOptions = {}) => quickFleet(optionsFor(aws(), { workers: 4, ...more }));
const plan = (more: EcsFleetOptions = {}, workers = 8) => fleet(more).plan({ ...request, workers });

describe('the plan of a fleet on ECS', () => {
  it('has a line for each resource, under the name that it gets', async () => {
    const { resources } = await plan();
    const name = 'loadwright-ecs-20261123-093000-0123456789';
    expect(resources.map((line) => line.split(':')[0])).toEqual([
      'log group /loadwright/ecs/20261123-093000-0123456789',
      'repository loadwright',
      'image tag loadwright',
      `security group ${name}`,
      `role ${name}`,
      `instance profile ${name}`,
      `role of the secrets ${name}-execution`,
      `role of the workers ${name}-task`,
      'parameters /loadwright/ecs/20261123-093000-0123456789/*',
      `cluster ${name}`,
      `instance ${name} (master)`,
      `4 × instance ${name} (worker-1 to worker-4)`,
      `5 × schedule ${name}-*`,
      `role of the schedule ${name}-end`,
      `task definition ${name}-master`,
      `task definition ${name}-worker`,
      `service ${name}-master`,
      `service ${name}-worker`,
    ]);
    expect(resources[3]).toContain('port 18080 from 203.0.113.7/32; port 5557 within the group');
    expect(await aws().inventory()).not.toContainEqual(expect.stringMatching(/loadwright-ecs|ecr:/));
  });

  it('does without credentials, and says so', async () => {
    const { environment, ...options } = optionsFor(aws(), { workers: 4 });
    const none = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
    };
    const fleet = quickFleet({ ...options, environment: { ...environment, ...none } });
    expect(await fleet.defaultWorkers?.()).toBe(8);
    const { resources, pricePerHour, notes } = await fleet.plan(request);
    expect(resources.join()).toContain('4 × instance');
    expect(pricePerHour.usDollars).toBeGreaterThan(0);
    expect(notes?.[0]).toMatch(/^There are no AWS credentials: prices are of the table/);
  });

  it('adds up what all machines cost, with the CPU credits that full load takes', async () => {
    aws().behaviour.prices = [
      instancePrice('t3.large', 'eu-west-1', '0.0912'),
      volumePrice('eu-west-1', '0.088'),
    ];
    const { pricePerHour, warnings, notes } = await plan();
    const volume = (5 * 30 * 0.088) / 730;
    expect(pricePerHour.usDollars).toBeCloseTo(5 * (0.0912 + 0.07 + 0.005) + volume + ofSecrets(4), 6);
    expect(pricePerHour.source).toMatch(
      /^5 × t3\.large \$0\.4560 .*5 × CPU credits of t3\.large \$0\.3500 \(above 30 % .*5 × 30 GB of gp3.*5 × public IPv4 address \$0\.0250.* \+ 4 × secret in the Parameter Store, with the calls of a start \$0\.0004 \(aws\.amazon\.com\/systems-manager\/pricing, of unknown date\)$/,
    );
    expect(warnings?.join('\n')).toMatch(
      /t3\.large pays for full load .*up to \$0\.35 an hour for 5 machines.*take c7i\.large/,
    );
    expect(notes?.join('\n')).toMatch(
      /Quota: .*L-1216C47A.*10 needed[^]*4 machines with 2 worker processes each/,
    );
  });

  it('knows quotas and prices of spare capacity for the workers alone', async () => {
    aws().behaviour.quotas = { onDemand: 5, spot: 4 };
    const { warnings } = await plan({ spot: true, instanceType: 'c7i.large' });
    expect(warnings?.join('\n')).toMatch(/quota does not suffice.*L-34B43A08.*4 vCPUs, 0 in use, 8 needed/);
    expect(warnings?.join('\n')).not.toMatch(/L-1216C47A|CPU credits/);
  });

  it('makes nothing of what the user brings', async () => {
    const roles = {
      taskRole: await roleWith(aws(), ofTarget, 'ecs-tasks.amazonaws.com', 't'),
      executionRole: await roleWith(aws(), ofTarget, 'ecs-tasks.amazonaws.com', 'e'),
    };
    const { resources, permissions } = await plan({ ...roles, endFromOutside: 'never' });
    expect(resources.join('\n')).not.toMatch(/role of the (workers|secrets|schedule)|schedule/);
    const passed = permissions.find((one) => 'Sid' in one && one.Sid === 'PassRole');
    expect(passed?.Resource).toEqual(expect.arrayContaining(Object.values(roles)));
  });

  it.each([
    [{ workers: 3 }, 8, /workers: found 8, expected a multiple of the 3 machines, such as 9/],
    [{ cluster: 'nowhere' }, 8, /fleet\.cluster: found nowhere, which does not exist in eu-west-1/],
    [
      { repository: 'team/none' },
      8,
      /fleet\.repository: found team\/none, which does not exist in eu-west-1/,
    ],
    [{ instanceType: 'c7i.huge' }, 8, /fleet\.instanceType/],
    [{ subnets: ['subnet-0123456789abcdef0'] }, 8, /subnet-0123456789abcdef0/],
    [{ timeToLive: '4m' }, 8, /fleet\.timeToLive: found 4m/],
  ] as const)('is none with %j', async (options, workers, says) => {
    await expect(plan({ ...options, stateDirectory: folder() } as EcsFleetOptions, workers)).rejects.toThrow(
      says,
    );
  });

  it('has an encrypted web UI where nobody has chosen a way to it, and no port can be forwarded', async () => {
    const { access: _, ...options } = optionsFor(aws());
    const without = { ...options, environment: { ...options.environment, PATH: '/nowhere' } };
    const { resources, notes, pricePerHour } = await quickFleet(without).plan({ ...request, workers: 2 });
    expect(resources.join('\n')).toContain(`port ${without.uiPort} from 203.0.113.7/32; port 5557`);
    expect(notes?.join('\n')).toMatch(
      /The web UI is encrypted, with a certificate that the machine makes.* access is https because .*aws and session-manager-plugin/,
    );
    expect(pricePerHour.source).toContain('5 × secret in the Parameter Store');
    const onFargate = quickFleet({ ...without, launchType: 'fargate' }).plan({ ...request, workers: 2 });
    await expect(onFargate).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /fleet\.access: missing, .*aws and session-manager-plugin would have to be/,
      ),
      hint: expect.stringMatching(/launchType: ec2, which has access: https; or access: http/),
    });
  });

  it('is none with an encrypted web UI on Fargate', async () => {
    const refused = {
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^fleet\.access: found https, expected session-manager or http on Fargate/,
      ),
      hint: expect.stringMatching(/session-manager; or launchType: ec2, which has access: https/),
    };
    const calls = aws().calls.length;
    await expect(plan({ launchType: 'fargate', access: 'https' })).rejects.toMatchObject(refused);
    const fleet = quickFleet(optionsFor(aws(), { launchType: 'fargate', access: 'https' }));
    await expect(fleet.provision(await provisionRequest())).rejects.toMatchObject(refused);
    expect(aws().calls).toHaveLength(calls);
  });
});

describe('the plan of a fleet on Fargate', () => {
  const onFargate = (more: EcsFleetOptions = {}) => plan({ launchType: 'fargate', ...more });

  it('has tasks in place of machines and services', async () => {
    const { resources, notes, permissions, warnings } = await onFargate({ vcpus: 1, memoryGigabytes: 3 });
    const name = 'loadwright-ecs-20261123-093000-0123456789';
    expect(resources.slice(-4)).toEqual([
      `task definition ${name}-master`,
      `task definition ${name}-worker`,
      expect.stringMatching(
        /^task of the master: 1 vCPU, x86_64, 3 GB, in eu-west-1a or .*, ends itself after 2h$/,
      ),
      expect.stringMatching(/^4 × task of workers: 1 vCPU, x86_64, 3 GB/),
    ]);
    expect(resources.join('\n')).not.toMatch(/instance|schedule|service/);
    expect(notes?.join('\n')).toMatch(
      /Quota: .*L-3032A538\): 256 vCPUs, 5 needed[^]*4 tasks with 2 worker processes[^]*public addresses/,
    );
    expect(warnings?.join('\n')).toMatch(/2 worker processes share 1 vCPUs of a task/);
    const actions = permissions.flatMap(({ Action }) => Action);
    expect(actions).toEqual(expect.arrayContaining(['ecs:RunTask', 'ecs:StopTask']));
    expect(actions).not.toContain('ec2:RunInstances');
  });

  it('costs what the list says of a vCPU and of memory, and spare capacity at most as much', async () => {
    aws().behaviour.prices = [
      fargatePrice('EUW1-Fargate-ARM-vCPU-Hours:perCPU', 'eu-west-1', '0.03238'),
      fargatePrice('EUW1-Fargate-ARM-GB-Hours', 'eu-west-1', '0.00356'),
      fargatePrice('EUW1-Fargate-vCPU-Hours:perCPU', 'eu-west-1', '0.04048'),
      fargatePrice('EUW1-Fargate-GB-Hours', 'eu-west-1', '0.004445'),
    ];
    const { pricePerHour } = await onFargate({ spot: true });
    expect(pricePerHour.usDollars).toBeCloseTo(5 * (2 * 0.04048 + 4 * 0.004445 + 0.005) + ofSecrets(4), 6);
    expect(pricePerHour.source).toMatch(
      /^2 vCPU and 4 GB of Fargate \$0\.0987 \(AWS price list, today\) \+ 4 × 2 vCPU and 4 GB of Fargate \(spot, at most\)/,
    );
    expect(pricePerHour).not.toHaveProperty('isIncomplete');
    const onArm = await onFargate({ cpuArchitecture: 'arm64' });
    expect(onArm.pricePerHour.usDollars).toBeCloseTo(
      5 * (2 * 0.03238 + 4 * 0.00356 + 0.005) + ofSecrets(4),
      6,
    );
    expect(onArm.pricePerHour.source).toMatch(/^5 × 2 vCPU and 4 GB of Fargate \(arm64\) \$/);
    expect(onArm.resources.join('\n')).toMatch(/4 × task of workers: 2 vCPUs, arm64, 4 GB/);
  });

  it('is not in the sum where no price is known, and is shown as that of another region', async () => {
    const { pricePerHour } = await onFargate();
    expect(pricePerHour.isIncomplete).toBe(true);
    expect(pricePerHour.usDollars).toBeCloseTo(5 * 0.005 + ofSecrets(4), 6);
    expect(pricePerHour.source).toMatch(
      /^5 × 2 vCPU and 4 GB of Fargate: no price known in this region, so it is not in the sum; \$0\.4937 in us-east-1 \(aws\.amazon\.com\/fargate\/pricing, of unknown date\), other regions ask another price, and how much more is not known \+/,
    );
  });

  it.each([
    ['no-route', {}, /No route leads from the subnet .* to the registry/],
    [
      'nat',
      { assignPublicIp: true },
      /fleet\.assignPublicIp: found true, but no route leads from the subnet/,
    ],
    ['nat', {}, /fleet\.allowedAddresses: missing: without public addresses/],
    ['routed', { assignPublicIp: false }, /fleet\.assignPublicIp: found false, but the subnet .* alone/],
  ] as const)('is none in a network that is %s with %j', async (network, options, says) => {
    await aws().reset({ network });
    await expect(onFargate(options)).rejects.toThrow(says);
  });

  it('leads through NAT without public addresses', async () => {
    await aws().reset({ network: 'nat' });
    const { notes, pricePerHour } = await onFargate({ allowedAddresses: ['10.0.0.0/8'] });
    expect(notes?.join('\n')).toContain('private addresses alone');
    expect(pricePerHour.source).not.toContain('IPv4');
  });

  it('is none in a cluster of the user without spare capacity', async () => {
    const { ecs } = ecsClients(aws());
    await ecs.send(new CreateClusterCommand({ clusterName: 'mine' }));
    await expect(onFargate({ cluster: 'mine', spot: true })).rejects.toThrow(
      /fleet\.cluster: found mine, which has no spare capacity of Fargate/,
    );
  });
});
