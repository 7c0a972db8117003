import { isLoadwrightError } from '@loadwright/core/fleet';
import { describe, expect, it } from 'vitest';
import { ec2FleetOptionsSchema } from './options.js';
import { resolveOptions } from './settings.js';

const region = 'eu-west-1';
const manyTags = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`tag-${index}`, 'x']));
const manyRanges = Array.from({ length: 21 }, (_, index) => `203.0.113.${index}/32`);

/** Options, and what must be said of them: the field, what was found, what is allowed. */
const wrong: readonly [options: Record<string, unknown>, ...says: (string | RegExp)[]][] = [
  [{ region: undefined }, 'fleet.region: missing', 'eu-west-1'],
  [{ region: 'Ireland' }, 'fleet.region: found "Ireland"', 'eu-west-1'],
  [{ region: 'cn-north-1' }, 'fleet.region: found "cn-north-1"', 'of the partition aws', 'China'],
  [{ region: 'us-gov-west-1' }, 'fleet.region: found "us-gov-west-1"', 'of the partition aws', 'GovCloud'],
  [{ region: 'eusc-de-east-1' }, 'fleet.region: found "eusc-de-east-1"', 'sovereign'],
  [{ region: 'us-isob-east-1' }, 'fleet.region: found "us-isob-east-1"', 'isolated'],
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
  [{ profile: '' }, 'fleet.profile: found ""'],
  [{ instanceType: 'huge' }, 'fleet.instanceType: found "huge"', 'c7i.4xlarge'],
  [{ volumeGigabytes: 5 }, 'fleet.volumeGigabytes: found 5', '10', '16,384'],
  [{ volumeGigabytes: 20.5 }, 'fleet.volumeGigabytes: found 20.5', 'whole number'],
  [{ image: 'ubuntu' }, 'fleet.image: found "ubuntu"', 'ami-0123456789abcdef0'],
  [
    { containerImage: 'locustio/locust@sha256:12' },
    'fleet.containerImage: found "locustio/locust@sha256:12"',
    'locustio/locust:2.47.0@sha256:',
  ],
  [{ containerImage: 'https://someone:canary@registry.example/locust' }, 'fleet.containerImage'],
  [{ subnet: 'vpc-0123456789abcdef0' }, 'fleet.subnet: found "vpc-', 'subnet-0123456789abcdef0'],
  [{ securityGroup: 'default' }, 'fleet.securityGroup: found "default"', 'sg-0123456789abcdef0'],
  [
    { instanceProfile: 'arn:aws:iam::1:instance-profile/x' },
    'fleet.instanceProfile: found "arn:',
    'must be the name',
  ],
  [{ keyPair: 'x'.repeat(256) }, 'fleet.keyPair: found', '255'],
  [{ access: 'vpn' }, 'fleet.access: found "vpn"', 'session-manager', 'https'],
  [{ allowedAddresses: [] }, 'fleet.allowedAddresses', '1'],
  [{ allowedAddresses: manyRanges }, 'fleet.allowedAddresses', '20'],
  [{ allowedAddresses: ['203.0.113.7'] }, 'fleet.allowedAddresses[0]: found "203.0.113.7"', '203.0.113.7/32'],
  [{ allowedAddresses: ['203.0.113.7/33'] }, 'fleet.allowedAddresses[0]: found "203.0.113.7/33"'],
  [
    { access: 'session-manager', allowedAddresses: ['203.0.113.7/32'] },
    'fleet.allowedAddresses',
    'only when access is https or http',
  ],
  [
    { securityGroup: 'sg-0123456789abcdef0', allowedAddresses: ['203.0.113.7/32'] },
    'fleet.allowedAddresses',
    'securityGroup of yours',
  ],
  [{ uiPort: 0 }, 'fleet.uiPort: found 0', '1', '65,535'],
  [{ uiPort: 8089 }, 'fleet.uiPort: found 8089', '8089 and 5557'],
  [{ spot: 'yes' }, 'fleet.spot: found "yes"', 'true or false'],
  [{ tags: { 'aws:x': 'y' } }, 'fleet.tags["aws:x"]: this name is not allowed', 'begins neither with aws:'],
  [{ tags: { 'Loadwright:x': 'y' } }, 'fleet.tags["Loadwright:x"]: this name is not allowed'],
  [{ tags: { team: 'a&b' } }, 'fleet.tags.team: found "a&b"', 'letters, digits'],
  [{ tags: { team: 'x'.repeat(257) } }, 'fleet.tags.team', 'at most 256'],
  [{ tags: { ['x'.repeat(129)]: 'y' } }, 'fleet.tags.xxx', 'at most 128'],
  [{ tags: { name: 'x' } }, 'fleet.tags', 'must not hold the key Name'],
  [{ tags: { Team: 'a', team: 'b' } }, 'fleet.tags', 'differ in case alone'],
  [{ tags: manyTags }, 'fleet.tags', 'at most 36'],
  [{ permissionsBoundary: 'mine' }, 'fleet.permissionsBoundary: found "mine"', 'ARN of a managed policy'],
  [{ owner: '../bob' }, 'fleet.owner: found "../bob"', 'begin with a letter'],
  [{ endFromOutside: 'perhaps' }, 'fleet.endFromOutside: found "perhaps"', 'if-permitted'],
  [{ timeToLive: 'soon' }, 'fleet.timeToLive: found "soon"', '30s, 5m or 1h30m'],
  [{ timeToLive: '25h' }, 'fleet.timeToLive: found "25h"', 'at most 24h', 'forceTimeToLive'],
  [{ timeToLive: 5 }, 'fleet.timeToLive: found 5', 'text'],
  [{ forceTimeToLive: 1 }, 'fleet.forceTimeToLive: found 1', 'true or false'],
  [{ startTimeout: '0s' }, 'fleet.startTimeout: found "0s"', '30s'],
  [{ startTimeout: '31m' }, 'fleet.startTimeout: found "31m"', 'at most 30m'],
  [{ stateDirectory: '' }, 'fleet.stateDirectory: found ""'],
  [{ endpoint: 'localhost' }, 'fleet.endpoint: found "localhost"', 'URL'],
  [{ environment: { HOME: 5 } }, 'fleet.environment.HOME: found 5', 'text'],
  [{ instancetype: 'c7i.large' }, 'fleet.instancetype', 'instanceType'],
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
    const ranges = { access: 'session-manager', allowedAddresses: ['203.0.113.7/32'] };
    const options = { uiPort: 0, spot: 'yes', startTimeout: '1h', timeToLive: '30h', ...ranges };
    const message = errorOf(options)?.message ?? '';
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'fleet.uiPort',
      'fleet.spot',
      'fleet.startTimeout',
      'fleet.allowedAddresses',
      'fleet.timeToLive',
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
  const forced = { region, timeToLive: '48h', forceTimeToLive: true, environment: {} };
  expect(resolveOptions(forced).timeToLiveSeconds).toBe(172_800);
  expect(resolveOptions({ environment: { AWS_REGION: '', AWS_DEFAULT_REGION: region } }).aws.region).toBe(
    region,
  );
});
