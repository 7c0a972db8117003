import { expect, it } from 'vitest';
import { updatePrices } from './lib/prices.mjs';

const commit = '0123456789abcdef0123456789abcdef01234567';

const go = `// generated at 2026-07-20T13:44:30Z for us-east-1
var InitialOnDemandPricesAWS = map[string]map[ec2types.InstanceType]float64{
\t// us-east-1
\t"us-east-1": {
\t\t// c5 family
\t\t"c5.12xlarge": 2.040000, "c5.large": 0.085000, "c5.metal": 4.080000,
\t\t// p4d family
\t\t"p4d.24xlarge": 21.957642,
\t},
\t"cn-north-1": {
\t\t"c5.large": 0.638000,
\t},
}
`;

const csv = `InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone,Arch
c5.large,,,2.0,4.0,,0.096,0.0401,eu-west-1,euw1-az1,x86_64
c5.large,,,2.0,4.0,,0.096,0.0402,eu-west-1,euw1-az2,x86_64
c5.large,,,2.0,4.0,,,0.0403,eu-south-2,eus2-az1,x86_64
c5.large,,,2.0,4.0,,0.085,0.0404,us-east-1,use1-az1,x86_64
g5.xlarge,A10G,1.0,4.0,16.0,"{'Gpus': [{'Name': 'A10G', 'Count': 1}]}",1.006,0.4,eu-west-1,euw1-az1,x86_64
`;

const before = {
  sources: { old: { name: 'old', date: '2020-01-01' } },
  machineHour: { 'us-east-1': { source: 'old', usDollars: { 'c5.large': 1 } } },
  gp3GigabyteMonth: { 'us-east-1': { source: 'old', usDollars: 1 } },
  fargateHour: {},
  publicAddressHour: { source: 'old', usDollars: 0.005 },
};

const json = JSON.stringify([
  {
    ebs_prices: { gp3: { pricePerGBMonth: { USD: '0.0880000000' } } },
    partition: 'aws',
    rzCode: 'eu-west-1',
    rzType: 'region',
  },
  {
    ebs_prices: { gp2: { pricePerGBMonth: { USD: '0.1' } } },
    partition: 'aws',
    rzCode: 'eu-south-1',
    rzType: 'region',
  },
  {
    ebs_prices: { gp3: { pricePerGBMonth: { USD: '0.1' } } },
    partition: 'aws',
    rzCode: 'us-west-2-lax-1',
    rzType: 'localZone',
  },
  {
    ebs_prices: { gp3: { pricePerGBMonth: { USD: '0.08' } } },
    partition: 'aws',
    rzCode: 'us-east-1',
    rzType: 'region',
  },
]);

it('takes from the table of karpenter the families for load, dollars only, and its date', () => {
  expect(updatePrices(before, { source: 'karpenter', text: go, commit })).toEqual({
    ...before,
    sources: {
      ...before.sources,
      karpenter: { name: 'aws/karpenter-provider-aws', commit, date: '2026-07-20' },
    },
    machineHour: {
      'us-east-1': {
        source: 'karpenter',
        usDollars: { 'c5.12xlarge': 2.04, 'c5.large': 0.085, 'c5.metal': 4.08 },
      },
    },
  });
});

it('takes from the catalogue of skypilot each price once, and leaves what is newer', () => {
  const first = updatePrices(before, { source: 'karpenter', text: go, commit });
  const updated = updatePrices(first, { source: 'skypilot', text: csv, commit, date: '2026-01-31' });
  expect(Object.keys(updated.machineHour)).toEqual(['eu-west-1', 'us-east-1']);
  expect(updated.machineHour['us-east-1'].source).toBe('karpenter');
  expect(updated.machineHour['eu-west-1']).toEqual({ source: 'skypilot', usDollars: { 'c5.large': 0.096 } });
});

it('takes from the list of cloudkeep the price of gp3 in each region, and leaves what is newer', () => {
  const given = { source: 'cloudkeep', text: json, commit };
  expect(updatePrices(before, { ...given, date: '2022-02-10' }).gp3GigabyteMonth).toEqual({
    'eu-west-1': { source: 'cloudkeep', usDollars: 0.088 },
    'us-east-1': { source: 'cloudkeep', usDollars: 0.08 },
  });
  const older = updatePrices(before, { ...given, date: '2019-12-31' });
  expect(older.gp3GigabyteMonth['us-east-1']).toEqual({ source: 'old', usDollars: 1 });
});

/** An answer of GetProducts with one product. */
const answer = (serviceCode, { productFamily, ...attributes }, USD) =>
  JSON.stringify(
    {
      FormatVersion: 'aws_v1',
      PriceList: [
        JSON.stringify({
          serviceCode,
          publicationDate: '2026-11-20T01:02:03Z',
          product: { productFamily, attributes },
          terms: { OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD } } } } } },
        }),
      ],
    },
    null,
    2,
  );

it('takes from the price list of AWS machines, gp3 and Fargate, and its date', () => {
  const linux = { operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' };
  const ofEcs = (usagetype, price) => answer('AmazonECS', { regionCode: 'eu-west-1', usagetype }, price);
  const text = [
    ofEcs('EUW1-Fargate-vCPU-Hours:perCPU', '0.0404800000'),
    ofEcs('EUW1-Fargate-GB-Hours', '0.0044450000'),
    ofEcs('EUW1-Fargate-ARM-GB-Hours', '0.0035600000'),
    ofEcs('EUW1-Fargate-ARM-vCPU-Hours:perCPU', '0.0323800000'),
    ofEcs('EUW1-Fargate-Windows-GB-Hours', '9'),
    answer('AmazonEC2', { ...linux, regionCode: 'us-east-1', instanceType: 't3.large' }, '0.0832000000'),
    answer(
      'AmazonEC2',
      { ...linux, regionCode: 'us-east-1', instanceType: 'm7i.large', tenancy: 'Host' },
      '9',
    ),
    answer('AmazonEC2', { ...linux, regionCode: 'us-west-2-lax-1', instanceType: 't3.large' }, '9'),
    answer('AmazonEC2', { productFamily: 'Storage', volumeApiName: 'gp3', regionCode: 'eu-west-1' }, '0.088'),
  ].join('\n');
  const source = 'price-list';
  expect(updatePrices(before, { source, text })).toEqual({
    ...before,
    sources: {
      ...before.sources,
      [source]: { name: 'aws.amazon.com/pricing, Price List API', date: '2026-11-20' },
    },
    machineHour: { 'us-east-1': { source, usDollars: { 't3.large': 0.0832 } } },
    gp3GigabyteMonth: {
      'us-east-1': before.gp3GigabyteMonth['us-east-1'],
      'eu-west-1': { source, usDollars: 0.088 },
    },
    fargateHour: {
      'eu-west-1': {
        source,
        x86_64: { vcpu: 0.04048, gigabyte: 0.004445 },
        arm64: { vcpu: 0.03238, gigabyte: 0.00356 },
      },
    },
  });
  for (const usage of ['EUW1-Fargate-GB-Hours', 'EUW1-Fargate-ARM-GB-Hours']) {
    expect(() => updatePrices(before, { source, text: ofEcs(usage, '0.004445') })).toThrow(
      /eu-west-1: expected a price of vCPUs/,
    );
  }
});

it.each([
  ['an unknown source', { source: 'rumour', text: go, commit }],
  ['no commit', { source: 'karpenter', text: go }],
  ['no date', { source: 'skypilot', text: csv, commit }],
  ['another table', { source: 'skypilot', text: 'a,b\n1,2', commit, date: '2026-01-31' }],
  [
    'two prices of one thing',
    { source: 'skypilot', text: csv.replace('0.096', '0.097'), commit, date: '2026-01-31' },
  ],
])('refuses %s', (_, given) => {
  expect(() => updatePrices(before, given)).toThrow(/found|expected/);
});
