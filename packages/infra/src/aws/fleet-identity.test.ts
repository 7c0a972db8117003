import { describe, expect, it } from 'vitest';
import {
  bucketName,
  nameOf,
  ownerOf,
  parameterPrefix,
  readName,
  readOwnTags,
  tagsOf,
} from './fleet-identity.js';

it('the owner is a tag that IAM takes, whatever the name of the session holds', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/Dev/a,b@example.com';
  expect(ownerOf(arn)).toBe('arn:aws:sts::123456789012:assumed-role/Dev/a_b@example.com');
  const fleet = {
    fleetKind: 'ec2',
    fleetId: 'r',
    region: 'eu-west-1',
    createdAt: new Date(0),
    expiresAt: new Date(0),
    tags: {},
  };
  const tags = tagsOf({ ...fleet, owner: `${arn}${'x'.repeat(256)}` }, 'master');
  const values = tags.map(({ Value }) => Value);
  expect(Math.max(...values.map(({ length }) => length))).toBe(256);
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
  expect(values.filter((value) => !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value))).toEqual([]);
});

describe('a name', () => {
  const fleet = { fleetKind: 'ecs', fleetId: '20261123-093000-0123456789' };
  const own = { ...fleet, format: 1 };

  it.each([
    [nameOf(fleet), { ...own, part: '' }],
    [nameOf(fleet, 'end'), { ...own, part: 'end' }],
    [bucketName(fleet, 'eu-west-1'), { ...own, part: 'eu-west-1' }],
    [parameterPrefix(fleet), { ...own, part: '/' }],
    [`${parameterPrefix(fleet, 'alice')}master/X`, { ...own, part: '/master/X' }],
    [`loadwright-ecs-2-${fleet.fleetId}-end`, { ...own, format: 2, part: 'end' }],
    [`/loadwright/ecs/12/alice/${fleet.fleetId}/x`, { ...own, format: 12, part: '/x' }],
    // Of an earlier version, of others, and one that only begins like an id.
    [`loadwright-${fleet.fleetId}`, undefined],
    [`/loadwright/${fleet.fleetId}/x`, undefined],
    ['/loadwright/prod/token', undefined],
    [`loadwright-ecs-${fleet.fleetId}0`, undefined],
  ])('%s', (name, expected) => expect(readName(name)).toEqual(expected));
});

describe('tags', () => {
  const read = (tags: Record<string, string>) =>
    readOwnTags(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));

  it.each([
    [{ 'loadwright:kind': 'ecs', 'loadwright:format': '1' }, 'ecs', undefined],
    [{ 'loadwright:kind': 'ecs', 'loadwright:format': '2' }, 'ecs', 'newer'],
    [{ 'loadwright:kind': 'ecs', 'loadwright:format': 'x' }, 'ecs', 'newer'],
    // From before kinds; and copied one by one.
    [{ 'loadwright:fleet-id': 'x', 'loadwright:version': '0.1.0' }, 'ec2', 'earlier'],
    [{ 'loadwright:fleet-id': 'x' }, 'ec2', undefined],
  ])('%j', (tags, fleetKind, otherVersion) => expect(read(tags)).toMatchObject({ fleetKind, otherVersion }));
});
