import { isLoadwrightError } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { ec2FleetOptionsSchema } from './options.js';
import { resolveOptions } from './settings.js';

const region = 'eu-west-1';
const manyTags = Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`tag-${index}`, 'x']));
const manyRanges = Array.from({ length: 21 }, (_, index) => `203.0.113.${index}/32`);

/** Options, and what must be said of them: the field, what was found, what is allowed. */
const wrong: readonly [options: Record<string, unknown>, ...says: (string | RegExp)[]][] = [
  [{ region: undefined }, 'ec2Fleet.region: missing', 'eu-west-1'],
  [{ region: 'Ireland' }, 'ec2Fleet.region: found "Ireland"', 'eu-west-1'],
  [{ region: 'cn-north-1' }, 'ec2Fleet.region: found "cn-north-1"', 'of the partition aws', 'China'],
  [{ region: 'us-gov-west-1' }, 'ec2Fleet.region: found "us-gov-west-1"', 'of the partition aws', 'GovCloud'],
  [{ region: 'eusc-de-east-1' }, 'ec2Fleet.region: found "eusc-de-east-1"', 'sovereign'],
  [{ region: 'us-isob-east-1' }, 'ec2Fleet.region: found "us-isob-east-1"', 'isolated'],
  [
    { region: undefined, environment: { AWS_REGION: 'mars' } },
    'variable AWS_REGION: found "mars"',
    'eu-west-1',
  ],
  [
    { region: undefined, environment: { AWS_DEFAULT_REGION: 'cn-north-1' } },
    'variable AWS_DEFAULT_REGION: found "cn-north-1"',
    'China',
  ],
  [{ profile: '' }, 'ec2Fleet.profile: found ""'],
  [{ instanceType: 'huge' }, 'ec2Fleet.instanceType: found "huge"', 'c7i.4xlarge'],
  [{ volumeGigabytes: 5 }, 'ec2Fleet.volumeGigabytes: found 5', '10', '16,384'],
  [{ volumeGigabytes: 20.5 }, 'ec2Fleet.volumeGigabytes: found 20.5', 'whole number'],
  [{ image: 'ubuntu' }, 'ec2Fleet.image: found "ubuntu"', 'ami-0123456789abcdef0'],
  [{ subnet: 'vpc-0123456789abcdef0' }, 'ec2Fleet.subnet: found "vpc-', 'subnet-0123456789abcdef0'],
  [{ securityGroup: 'default' }, 'ec2Fleet.securityGroup: found "default"', 'sg-0123456789abcdef0'],
  [
    { instanceProfile: 'arn:aws:iam::1:instance-profile/x' },
    'ec2Fleet.instanceProfile: found "arn:',
    'must be the name',
  ],
  [{ keyPair: 'x'.repeat(256) }, 'ec2Fleet.keyPair: found', '255'],
  [{ access: 'vpn' }, 'ec2Fleet.access: found "vpn"', 'public', 'session-manager'],
  [{ allowedAddresses: [] }, 'ec2Fleet.allowedAddresses', '1'],
  [{ allowedAddresses: manyRanges }, 'ec2Fleet.allowedAddresses', '20'],
  [
    { allowedAddresses: ['203.0.113.7'] },
    'ec2Fleet.allowedAddresses[0]: found "203.0.113.7"',
    '203.0.113.7/32',
  ],
  [{ allowedAddresses: ['203.0.113.7/33'] }, 'ec2Fleet.allowedAddresses[0]: found "203.0.113.7/33"'],
  [
    { access: 'session-manager', allowedAddresses: ['203.0.113.7/32'] },
    'ec2Fleet.allowedAddresses',
    'only when access is public',
  ],
  [
    { securityGroup: 'sg-0123456789abcdef0', allowedAddresses: ['203.0.113.7/32'] },
    'ec2Fleet.allowedAddresses',
    'securityGroup of yours',
  ],
  [{ uiPort: 0 }, 'ec2Fleet.uiPort: found 0', '1', '65,535'],
  [{ uiPort: 8089 }, 'ec2Fleet.uiPort: found 8089', '8089 and 5557'],
  [{ spot: 'yes' }, 'ec2Fleet.spot: found "yes"', 'true or false'],
  [
    { tags: { 'aws:x': 'y' } },
    'ec2Fleet.tags["aws:x"]: this name is not allowed',
    'begins neither with aws:',
  ],
  [{ tags: { 'Loadwright:x': 'y' } }, 'ec2Fleet.tags["Loadwright:x"]: this name is not allowed'],
  [{ tags: { team: 'a&b' } }, 'ec2Fleet.tags.team: found "a&b"', 'letters, digits'],
  [{ tags: { team: 'x'.repeat(257) } }, 'ec2Fleet.tags.team', 'at most 256'],
  [{ tags: { ['x'.repeat(129)]: 'y' } }, 'ec2Fleet.tags.xxx', 'at most 128'],
  [{ tags: { name: 'x' } }, 'ec2Fleet.tags', 'must not hold the key Name'],
  [{ tags: { Team: 'a', team: 'b' } }, 'ec2Fleet.tags', 'differ in case alone'],
  [{ tags: manyTags }, 'ec2Fleet.tags', 'at most 40'],
  [{ timeToLive: 'soon' }, 'ec2Fleet.timeToLive: found "soon"', '30s, 5m or 1h30m'],
  [{ timeToLive: '25h' }, 'ec2Fleet.timeToLive: found 25h', 'at most 24h', 'forceTimeToLive'],
  [{ forceTimeToLive: 1 }, 'ec2Fleet.forceTimeToLive: found 1', 'true or false'],
  [{ startTimeout: '0s' }, 'ec2Fleet.startTimeout: found "0s"', '30s'],
  [{ stateDirectory: '' }, 'ec2Fleet.stateDirectory: found ""'],
  [{ endpoint: 'localhost' }, 'ec2Fleet.endpoint: found "localhost"', 'URL'],
  [{ environment: { HOME: 5 } }, 'ec2Fleet.environment.HOME: found 5', 'text'],
  [{ instancetype: 'c7i.large' }, 'ec2Fleet.instancetype', 'instanceType'],
];

const errorOf = (options: Record<string, unknown>) => {
  try {
    resolveOptions({ region, environment: {}, ...options });
  } catch (error) {
    if (isLoadwrightError(error)) return error;
    throw error;
  }
  return undefined;
};

describe('a wrong option of a fleet on EC2', () => {
  it.each(wrong.map(([options, ...says]) => ({ options, says })))('$says', ({ options, says }) => {
    const error = errorOf(options);
    const { code, message, hint = '' } = error!;
    expect(code).toBe('CONFIG_INVALID');
    expect(message.split('\n')).toHaveLength(1);
    for (const part of says) expect(`${message}\n${hint}`).toMatch(part);
  });

  it('is told whichever it is', () => {
    const told = new Set(wrong.flatMap(([options]) => Object.keys(options)));
    expect(Object.keys(ec2FleetOptionsSchema.shape).filter((name) => !told.has(name))).toEqual([]);
  });

  it('is told with all others', () => {
    const message = errorOf({ uiPort: 0, spot: 'yes', timeToLive: 'soon' })?.message ?? '';
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'ec2Fleet.uiPort',
      'ec2Fleet.spot',
      'ec2Fleet.timeToLive',
    ]);
  });
});

it('what is right is taken, at its limits too', () => {
  const tags = { Team: 'a', 'cost centre': 'b' };
  const settings = resolveOptions({
    ...{ region: 'ap-southeast-7', tags, uiPort: 65_535, timeToLive: '24h', volumeGigabytes: 16_384 },
    ...{ allowedAddresses: ['0.0.0.0/0', '2001:db8::/128'], environment: {} },
  });
  expect(settings).toMatchObject({ aws: { region: 'ap-southeast-7' }, timeToLiveSeconds: 86_400 });
  expect(resolveOptions({ environment: { AWS_REGION: '', AWS_DEFAULT_REGION: region } }).aws.region).toBe(
    region,
  );
});
