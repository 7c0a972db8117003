import { describe, expect, it } from 'vitest';
import { changedPriceTags, factTags, spentUntil } from './facts.js';
import { deployedFleets } from './deployed-fleets.js';

const createdAt = new Date('2026-11-23T09:00:00Z');
const hours = (count: number) => new Date(createdAt.getTime() + count * 3_600_000);

const machine = (state: string) => ({
  kind: 'instance',
  id: 'i-0123456789abcdef0',
  fleetId: '20261123-090000-0123456789',
  state,
  tags: {
    'loadwright:created-at': createdAt.toISOString(),
    'loadwright:expires-at': hours(2).toISOString(),
    'loadwright:price-per-hour': '0.5',
  },
});

const costOf = (state: string, now: Date) => deployedFleets([machine(state)], now)[0]?.costUsDollars;

describe('the state of a fleet', () => {
  const stateOf = (state: string, now: Date) => deployedFleets([machine(state)], now)[0]?.state;

  it.each([
    ['pending', 'starting'],
    ['running', 'running'],
    ['stopping', 'stopped'],
    ['stopped', 'stopped'],
    ['shutting-down', 'incomplete'],
  ])('whose machine is %s is %s', (state, expected) => {
    expect(stateOf(state, hours(0.5))).toBe(expected);
    expect(stateOf(state, hours(2))).toBe('expired');
  });

  it('without a machine is incomplete as long as one may come', () => {
    const role = { ...machine('x'), kind: 'role' };
    expect(deployedFleets([role], hours(0.9))[0]?.state).toBe('incomplete');
    expect(deployedFleets([role], hours(1.1))[0]?.state).toBe('orphaned');
  });
});

describe('the cost of a fleet so far', () => {
  it('grows with its age', () => {
    expect(costOf('running', hours(1))).toBeCloseTo(0.5, 10);
    expect(costOf('running', hours(1.5))).toBeCloseTo(0.75, 10);
  });

  it.each(['shutting-down', 'stopping', 'stopped'])('ends with its time when its machine is %s', (state) => {
    expect(costOf(state, hours(1))).toBeCloseTo(0.5, 10);
    expect(costOf(state, hours(30))).toBeCloseTo(1, 10);
  });

  it('goes on as long as its machine does', () => {
    expect(costOf('running', hours(30))).toBeCloseTo(15, 10);
  });

  it('is a lower bound when the price is one', () => {
    const facts = { workers: 2, access: 'https', uiPort: 80, bundleDigest: undefined } as const;
    const price = { usDollars: 0.005, isIncomplete: true };
    const tags = { ...machine('running').tags, ...factTags(facts, price) };
    expect(deployedFleets([{ ...machine('running'), tags }], hours(2))).toMatchObject([
      { costUsDollars: 0.01, isCostIncomplete: true },
    ]);
  });

  it('counts each price for as long as it was one', () => {
    const { tags } = machine('running');
    const spent = spentUntil(tags, { usDollars: 0.5 }, { since: createdAt, at: hours(1) });
    const changed = { ...tags, ...changedPriceTags({ usDollars: 2, isIncomplete: false }, spent) };
    const found = deployedFleets([{ ...machine('running'), tags: changed }], hours(1.5));
    expect(found).toMatchObject([{ usDollarsPerHour: 2, costUsDollars: 1.5 }]);
  });

  it('is not known without a machine', () => {
    expect(deployedFleets([{ ...machine('x'), kind: 'role' }], hours(1))[0]?.costUsDollars).toBeUndefined();
  });
});
