import { expect, it } from 'vitest';
import { ownerOf, tagsOf } from './fleet-identity.js';

it('the owner is a tag that IAM takes, whatever the name of the session holds', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/Dev/a,b@example.com';
  expect(ownerOf(arn)).toBe('arn:aws:sts::123456789012:assumed-role/Dev/a_b@example.com');
  const fleet = {
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
