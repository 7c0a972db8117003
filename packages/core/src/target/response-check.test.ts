import { describe, expect, it } from 'vitest';
import { responseCheckSchema } from './response-check.js';

describe('expect', () => {
  it('is a status of 200 unless it says otherwise', () => {
    expect(responseCheckSchema.parse({})).toEqual({ status: [200] });
  });

  it.each([
    { json: { pointer: '/a', above: 0, below: 1 } },
    { json: [{ pointer: '' }, { pointer: '/b', oneOf: ['x', null], matches: '(?i)x' }] },
    { json: { pointer: '/a', minimumLength: 1, maximumLength: 3 } },
    { header: { name: 'X-Model', equals: 'a' } },
    { header: [{ name: 'x-a' }, { name: 'x-b', matches: '^v' }] },
    { text: { matches: 'ready' } },
    { text: [{ matches: 'a' }, { doesNotMatch: 'error' }] },
    { stream: {} },
    { stream: { done: true, minimumEvents: 3, event: { which: 'last', json: { pointer: '/usage' } } } },
    { stream: { event: [{ type: 'token' }, { which: 'every', text: { doesNotMatch: 'sorry' } }] } },
  ])('takes %j', (check) => {
    expect(responseCheckSchema.parse(check)).toMatchObject(check);
  });

  it.each([
    [{ json: [] }],
    [{ json: { pointer: 'a' } }],
    [{ json: { pointer: '/a', minimumLength: -1 } }],
    [{ text: {} }],
    [{ text: 'ready' }],
    [{ header: { name: 'a b' } }],
    [{ header: { equals: 'a' } }],
    [{ stream: { event: { which: 'first' } } }],
    [{ stream: { minimumEvents: 0 } }],
    [{ status: [20] }],
    [{ body: 'a' }],
  ])('refuses %j', (check) => {
    expect(responseCheckSchema.safeParse(check).success).toBe(false);
  });
});
