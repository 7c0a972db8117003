import { describe, expect, it } from 'vitest';
import { instancePrice, useAws, volumePrice } from '@loadwright/aws-stand-in';
import { folder, optionsFor, quickFleet } from './account.js';
import type { EcsFleetOptions } from '../../src/ecs/options.js';

const aws = useAws();

const request = {
  fleetId: '20261123-093000-0123456789',
  workers: 8,
  durationSeconds: 300,
  host: 'https://service.example',
  iamStatements: [
    { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource: ['arn:aws:sagemaker:*:*:endpoint/x'] },
  ],
} as const;

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

  it('adds up what all machines cost, with the CPU credits that full load takes', async () => {
    aws().behaviour.prices = [
      instancePrice('t3.large', 'eu-west-1', '0.0912'),
      volumePrice('eu-west-1', '0.088'),
    ];
    const { pricePerHour, warnings, notes } = await plan();
    const volume = (5 * 30 * 0.088) / 730;
    expect(pricePerHour.usDollars).toBeCloseTo(5 * (0.0912 + 0.07 + 0.005) + volume, 6);
    expect(pricePerHour.source).toMatch(
      /^5 × t3\.large \$0\.4560 .*5 × CPU credits of t3\.large \$0\.3500 \(above 30 % .*5 × 30 GB of gp3.*5 × public IPv4 address \$0\.0250/,
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
      taskRole: 'arn:aws:iam::123456789012:role/t',
      executionRole: 'arn:aws:iam::123456789012:role/e',
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

  it('is none where nobody has chosen a way to the web UI, and none can be taken', async () => {
    const { access: _, ...options } = optionsFor(aws());
    const without = { ...options, environment: { ...options.environment, PATH: '/nowhere' } };
    await expect(quickFleet(without).plan({ ...request, workers: 2 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /fleet\.access: missing, .*aws and session-manager-plugin would have to be/,
      ),
      hint: expect.stringMatching(/access: http/),
    });
  });
});
