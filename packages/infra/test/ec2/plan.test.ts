import { DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookUpAccount } from '../../src/aws/account/account.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import type { Ec2FleetOptions } from '../../src/ec2/options.js';
import { lookUpHourlyPrice } from '../../src/aws/plan/hourly-price.js';
import { planFleet } from '../../src/ec2/plan.js';
import { fakeMaster, instancePrice, publishedPrices, publishedTypes, useAws } from '@loadwright/aws-stand-in';
import { lookAt, request } from './look.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const standIn = useAws();

const planOf = (options: Ec2FleetOptions = {}, workers = 16) => {
  const { aws, settings } = lookAt(standIn(), options);
  return planFleet(aws, settings, { ...request, workers });
};

/** The list of AWS for the region of the stand-in, with the volume that only it knows the price of. */
const listed = [
  instancePrice('c7i.4xlarge', 'eu-west-1', '0.7600000000'),
  {
    attributes: { productFamily: 'Storage', volumeApiName: 'gp3', regionCode: 'eu-west-1' },
    unit: 'GB-Mo',
    dollars: '0.0730000000',
  },
];

/** What so many secrets cost one machine an hour: $0.05 a month each, and $0.05 for 10,000 calls, of which a start makes 3 each. */
const ofSecrets = (count: number) => count * (0.05 / 730 + (3 * 0.05) / 10_000);

describe('the plan', () => {
  it('has a line for each resource that is made, under the name that it gets', () =>
    withFolder(tmpdir(), async (folder) => {
      Object.assign(standIn().behaviour, fakeMaster({ port: uiPort, password: () => 'none', workers: 2 }));
      const environment = {
        ...standIn().environment,
        LOADWRIGHT_CHECK_IP_URL: `${standIn().endpoint}/checkip`,
      };
      const work = { fleetId: request.fleetId, folder, environment, uiPort, adopted: {} };
      const fleet = fleetOf(settingsOf(work));
      const provision = requestOf(work, new AbortController().signal);
      const { resources, pricePerHour } = await fleet.plan(provision);
      const before = await standIn().inventory();
      await fleet.provision(provision);
      const { Parameters } = await standIn().direct.ssm.send(new DescribeParametersCommand({}));
      expect(pricePerHour.source).toContain(` ${Parameters?.length} × secret in the Parameter Store`);
      const made = (await fleet.lasting!.inventory(request.fleetId)).map(({ resource }) => resource);
      // What a machine consists of goes with it.
      const separate = made.filter((line) => !/^(volume|network interface) /.test(line));
      const kindOf = (line: string) => line.replace(/ (\/|loadwright-|i-|sg-).*$/, '');
      expect(resources.map(kindOf).sort()).toEqual(separate.map(kindOf).sort());
      // Those whose id is their name have the planned one.
      for (const line of separate.filter((each) => /^[a-z ]+ (\/|loadwright-)/.test(each))) {
        expect(resources.some((planned) => planned.startsWith(line))).toBe(true);
      }
      await fleet.lasting!.destroy(request.fleetId);
      expect(await standIn().inventory()).toEqual(before);
    }));

  it('says what the machine is, who may reach it, and what it costs', async () => {
    standIn().behaviour.prices = listed;
    const { resources, pricePerHour, endsAfterSeconds, notes, warnings } = await planOf();
    const fleet = 'loadwright-ec2-20261123-093000-0123456789';
    expect(resources).toEqual([
      `security group ${fleet}: port 443 from 203.0.113.7/32`,
      `role ${fleet}`,
      `instance profile ${fleet}`,
      'parameters /loadwright/ec2/20261123-093000-0123456789/*: the login and the secrets, encrypted; AWS removes them 2h2m after the start',
      `bucket ${fleet}-eu-west-1: the bundle`,
      `schedule ${fleet}: ends the machine 2h2m after its start, if it has not ended itself`,
      `role of the schedule ${fleet}-end`,
      `instance ${fleet}: c7i.4xlarge, 16 vCPUs, x86_64, 100 GB, in eu-west-1a or eu-west-1b or eu-west-1c, ends itself after 2h`,
    ]);
    expect(pricePerHour.usDollars).toBeCloseTo(0.76 + (0.073 * 100) / 730 + 0.005 + ofSecrets(3), 10);
    expect(pricePerHour.source).toBe(
      'c7i.4xlarge $0.7600 (AWS price list, today) + 100 GB of gp3 $0.0100 (AWS price list, today) + public IPv4 address $0.0050 (aws.amazon.com/blogs/aws/new-aws-public-ipv4-address-charge-public-ip-insights, 2024-02-01) + 3 × secret in the Parameter Store, with the calls of a start $0.0003 (aws.amazon.com/systems-manager/pricing, of unknown date)',
    );
    expect(pricePerHour.isIncomplete).toBeUndefined();
    expect(endsAfterSeconds).toBe(7200);
    expect(notes?.[0]).toMatch(/^In eu-west-1 of account 123456789012, as arn:aws:sts::123456789012:/);
    expect(notes?.join('\n')).toMatch(
      /^Quota: .*L-1216C47A\): 256 vCPUs, 0 in use, 16 needed\.$[^]*encrypted, with a certificate[^]*billed by the GB/m,
    );
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^Installs on the image ami-\w+: docker\.io and docker-compose-v2 [^]*locustio\/locust:\d+\.\d+\.\d+, by its tag/,
      ),
    );
    expect(warnings).toEqual([]);
  });

  it('does without credentials: by the table of prices, and the names of types, and says so', async () => {
    const none = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
    };
    const { aws, settings } = lookAt(standIn(), { instanceType: 'c7g.4xlarge' }, none);
    expect(await fleetOf(settings).defaultWorkers?.()).toBe(16);
    const { resources, pricePerHour, notes, permissions } = await planFleet(aws, settings, request);
    expect(resources.at(-1)).toContain('c7g.4xlarge, 16 vCPUs, arm64, 100 GB, in a zone of eu-west-1');
    expect(pricePerHour.usDollars).toBeGreaterThan(0.3);
    expect(pricePerHour.source).not.toContain('today');
    expect(pricePerHour.isIncomplete).toBeUndefined();
    expect(notes?.[0]).toMatch(/^There are no AWS credentials: prices are of the table/);
    expect(JSON.stringify(permissions)).toContain('ec2:RunInstances');
    const odd = lookAt(standIn(), { instanceType: 'c7i.metal-24xl' }, none);
    await expect(planFleet(odd.aws, odd.settings, request)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
    });
  });

  it('shows the container image by the digest that was chosen', async () => {
    const containerImage = `locustio/locust:2.47.0@sha256:${'b'.repeat(64)}`;
    const { notes } = await planOf({ containerImage });
    expect(notes).toContainEqual(expect.stringContaining(`the container image ${containerImage}. Locust`));
  });

  it('warns of what is dear, open or fleeting', async () => {
    const { resources, notes, warnings } = await planOf(
      { spot: true, allowedAddresses: ['0.0.0.0/0'], instanceType: 'c7g.4xlarge' },
      20,
    );
    expect(resources[0]).toContain('port 443 from 0.0.0.0/0');
    expect(resources.at(-1)).toContain('c7g.4xlarge (spot), 16 vCPUs, arm64');
    expect(notes?.join('\n')).toContain('L-34B43A08');
    expect(warnings?.join('\n')).toMatch(
      /^Everybody on the internet[^]*taken away[^]*20 workers share 16 vCPUs[^]*$/,
    );
  });

  it('warns of a quota that does not suffice, and does without one that is not told', async () => {
    standIn().behaviour.quotas = { onDemand: 5, spot: 5 };
    const { warnings } = await planOf();
    expect(warnings).toEqual([
      expect.stringMatching(
        /L-1216C47A\): 5 vCPUs, 0 in use, 16 needed\. Ask for at least 16: aws service-quotas/,
      ),
    ]);
    standIn().inject({ at: 'servicequotas:GetServiceQuota', times: Infinity, fault: { kind: 'denied' } });
    const unknown = await planOf();
    expect(unknown.warnings).toEqual([]);
    expect(unknown.notes?.join('\n')).toMatch(
      /^Needs 16 vCPUs; .* not known: .*servicequotas:GetServiceQuota/m,
    );
  });

  it.each([
    [['198.51.100.0/24', '2001:db8::/32'], 'allowedAddresses leaves out 203.0.113.7'],
    [['2001:db8::/32'], 'allowedAddresses has IPv6 ranges only'],
    [['198.51.100.0/24', '203.0.113.0/24'], undefined],
  ])('warns of ranges that leave the caller out: %j', async (allowedAddresses, warning) => {
    const { warnings } = await planOf({ allowedAddresses });
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
  });

  it('warns of no range when nobody tells the address of the caller', async () => {
    const variables = { LOADWRIGHT_CHECK_IP_URL: 'http://127.0.0.1:9/' };
    const { aws, settings } = lookAt(standIn(), { allowedAddresses: ['198.51.100.0/24'] }, variables);
    expect((await planFleet(aws, settings, request)).warnings).toEqual([]);
  });

  it('warns of credentials that end before the machine is removed', async () => {
    const { aws, settings } = lookAt(standIn());
    const credentials = await aws.sts.config.credentials();
    const warningsFor = async (minutes: number) => {
      const expiration = new Date(Date.now() + minutes * 60_000);
      aws.sts.config.credentials = () => Promise.resolve({ ...credentials, expiration });
      return (await planFleet(aws, settings, request)).warnings;
    };
    expect(await warningsFor(20)).toEqual([
      expect.stringMatching(
        /may end before the machine is removed: .*in 20 min, and the fleet takes up to 22 min/,
      ),
    ]);
    expect(await warningsFor(30)).toEqual([]);
  });

  it('says that a machine is larger than its workers', async () => {
    const notesFor = async (workers: number) => (await planOf({}, workers)).notes?.join('\n');
    expect(await notesFor(2)).toContain('2 workers use 2 of the 16 vCPUs: leave workers out');
    expect(await notesFor(8)).not.toContain('leave workers out');
  });

  it('is none when the machine would end before the test', async () => {
    await expect(planOf({ timeToLive: '5m' })).rejects.toThrow(
      /timeToLive: found 5m, expected more than the 5m/,
    );
  });

  it('says when the machine may not have the time to start', async () => {
    const { resources, warnings } = await planOf({ timeToLive: '14m' });
    expect(resources.at(-1)).toMatch(/ends itself after 14m$/);
    expect(warnings).toEqual([
      'Of its 14m the machine has 9m to start in, and may take up to 10m (startTimeout): it may end before the test.',
    ]);
    expect((await planOf({ timeToLive: '15m' })).warnings).toEqual([]);
  });

  it('is none of a type that does not exist, of a family with a quota of its own too', async () => {
    for (const instanceType of ['c99.4xlarge', 'x99.4xlarge']) {
      await expect(planOf({ instanceType })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(instanceType) as string,
      });
    }
  });

  it('is none of a target on this machine, unless AWS is there too', async () => {
    const { aws, settings } = lookAt(standIn());
    const elsewhere = { ...settings, aws: { ...settings.aws, endpoint: undefined } };
    for (const host of ['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:80/v1']) {
      await expect(planFleet(aws, elsewhere, { ...request, host })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`target: found ${host}, which is this machine`) as string,
        hint: expect.stringContaining('--fleet local') as string,
      });
      expect((await planFleet(aws, settings, { ...request, host })).resources).not.toEqual([]);
    }
    await planFleet(aws, elsewhere, { ...request, host: 'http://127.0.0.1.example' });
  });

  it('asks for what the target needs, too', async () => {
    const { aws, settings } = lookAt(standIn());
    const Resource = ['arn:aws:sagemaker:eu-west-1:*:endpoint/fraud'];
    const invoke = { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource } as const;
    const { permissions } = await planFleet(aws, settings, { ...request, iamStatements: [invoke] });
    expect(permissions.at(-1)).toEqual({ Sid: 'AskTarget1', ...invoke });
  });

  it('counts the secrets that the target may have, but no keys that the role of the machine gives', async () => {
    const { aws, settings } = lookAt(standIn(), { access: 'session-manager' });
    const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'API_TOKEN'];
    const Resource = ['arn:aws:sagemaker:eu-west-1:*:endpoint/fraud'];
    const invoke = { Effect: 'Allow', Action: ['sagemaker:InvokeEndpoint'], Resource } as const;
    const secretsOf = async (iamStatements: readonly (typeof invoke)[]) =>
      /(\d+) × secret/.exec(
        (await planFleet(aws, settings, { ...request, variables, iamStatements })).pricePerHour.source,
      )?.[1];
    expect([await secretsOf([]), await secretsOf([invoke])]).toEqual(['6', '3']);
  });

  it.each([
    ['routed', true],
    ['nat', false],
  ] as const)(
    'has an address with Session Manager where nothing else leads out: %s',
    async (network, has) => {
      await standIn().reset({ network });
      const { pricePerHour, notes } = await planOf({ access: 'session-manager' });
      expect(pricePerHour.source.includes('public IPv4 address $0.0050')).toBe(has);
      expect(notes?.join('\n').includes('The machine has a public address')).toBe(has);
    },
  );

  it('makes no group and no profile where the user brings them', async () => {
    const { resources, notes } = await planOf({ access: 'session-manager', instanceProfile: 'theirs' });
    expect(resources.map((line) => line.split(' loadwright-')[0])).toEqual([
      'security group',
      expect.stringMatching(/^parameters/),
      'bucket',
      'instance',
    ]);
    expect(resources[0]).toContain('nobody comes in');
    expect(notes?.join('\n')).toMatch(
      /used as it is and never removed: theirs[^]*It must allow what the machine does/,
    );
  });
});

describe('the price of an hour', () => {
  const secrets = 3;

  it('is unknown as long as a part of it is', async () => {
    const unlisted = { instanceType: 'c5d.4xlarge' };
    const { aws, settings } = lookAt(standIn(), unlisted);
    const { total, known } = await lookUpHourlyPrice(
      aws,
      { ...settings, secrets },
      lookUpAccount(aws, settings),
    );
    expect(total).toBeUndefined();
    expect(known).toBeCloseTo((0.088 * 100) / 730 + 0.005 + ofSecrets(3), 10);
    const { pricePerHour } = await planOf(unlisted);
    expect(pricePerHour.source).toContain('c5d.4xlarge: no price known');
    expect(pricePerHour).toMatchObject({ usDollars: known, isIncomplete: true });
  });

  /** Without a public address. */
  const nowhere = { subnets: [], instanceType: { vcpus: 2, architecture: 'x86_64', zones: [] } } as const;

  it('of a stand-in of AWS is kept for nobody else', () =>
    withFolder(tmpdir(), async (folder) => {
      standIn().behaviour.prices = listed;
      const cache = join(folder, 'cache');
      const { aws, settings } = lookAt(standIn(), {}, { LOADWRIGHT_CACHE_DIR: cache });
      const { parts } = await lookUpHourlyPrice(aws, { ...settings, secrets }, Promise.resolve(nowhere));
      expect(parts[0]?.price?.source).toBe('AWS price list, today');
      await expect(readdir(cache)).rejects.toThrow('ENOENT');
    }));

  const machineOf = async (region: string, instanceType: string) => {
    const { aws, settings } = lookAt(standIn(), { region, instanceType });
    const { parts } = await lookUpHourlyPrice(aws, { ...settings, secrets }, Promise.resolve(nowhere));
    return parts[0]!.price!.usDollars;
  };
  const volumes = Object.keys(publishedPrices).map((regionCode) => ({
    attributes: { productFamily: 'Storage', volumeApiName: 'gp3', regionCode },
    unit: 'GB-Mo',
    dollars: '0.0730000000',
  }));

  it.each(Object.entries(publishedPrices))('of each type is that of the table: %s', async (region, row) => {
    standIn().behaviour.prices = volumes;
    for (const [index, type] of publishedTypes.entries()) {
      expect(await machineOf(region, type)).toBeCloseTo(row[index]!, 8);
    }
  });

  it.each(Object.keys(publishedPrices))('is rather that of the price list of AWS: %s', async (region) => {
    const listedPrices = publishedTypes.map((type) => instancePrice(type, region, '1.2345000000'));
    standIn().behaviour.prices = [...volumes, ...listedPrices];
    for (const type of publishedTypes) expect(await machineOf(region, type)).toBeCloseTo(1.2345, 8);
  });
});
