import { expect, it } from 'vitest';
import type { InstanceCapacity } from '../target/scaling-contract.js';
import { frontierPicture } from './frontier-picture.js';
import { capacityFrontier, instanceCosts } from './plan/frontier.js';

const capacity = { requestsPerSecond: { low: 40, high: 44 }, serviceSeconds: 0.08 };
const demand = {
  ...{ peakPerSecond: 600, basePerSecond: 60, rampSeconds: 1200 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};

const costsOf = (known: InstanceCapacity) => instanceCosts(known, demand);

it('draws each way with the interval that the capacity has, and the peak between those that hold it and those that do not', () => {
  const frontier = capacityFrontier(costsOf, capacity, 1.2);
  const { rows, marks, peak, size, cost } = frontierPicture(frontier, demand.peakPerSecond);
  expect(rows.map(({ name }) => name)).toEqual(frontier.map(({ name }) => name));
  expect(rows[2]!.holds).toBe('720 – 792');
  expect(cost).toBe('$ a month');
  for (const { x, y, across, up } of marks) {
    expect(across[0]).toBeLessThanOrEqual(x);
    expect(across[1]).toBeGreaterThanOrEqual(x);
    // Downwards in a drawing: less is held.
    expect(up[0]).toBeGreaterThan(y);
    expect(up[1]).toBeLessThan(y);
    expect(across[0]).toBeGreaterThanOrEqual(size.left);
    expect(across[1]).toBeLessThanOrEqual(size.width - size.right);
  }
  expect(marks[2]!.up[0]).toBeLessThan(peak);
  expect(marks[3]!.up[1]).toBeGreaterThan(peak);
});

it('takes instances for the cost where no price is known', () => {
  expect(frontierPicture(capacityFrontier(costsOf, capacity), 600).cost).toBe('instances on average');
});

it.each([0.0037, 0.42, 1, 7, 42.5, 850, 3003, 98_765])(
  'has axes with few round numbers up to a peak of %s requests a second',
  (peakPerSecond) => {
    const rates = { low: peakPerSecond / 9, high: peakPerSecond / 8 };
    const known = { requestsPerSecond: rates, serviceSeconds: 0.08 };
    for (const price of [undefined, 0, 0.0001, 1.2, 777]) {
      const costs = (one: InstanceCapacity) => instanceCosts(one, { ...demand, peakPerSecond });
      const { across, up, size } = frontierPicture(capacityFrontier(costs, known, price), peakPerSecond);
      for (const ticks of [across, up]) {
        expect(ticks.length).toBeGreaterThanOrEqual(3);
        expect(ticks.length).toBeLessThanOrEqual(6);
        for (const { text } of ticks) expect(text.replaceAll(/[,.]/g, '')).toMatch(/^0*(?:[1-9]5?)?0*$/);
        expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      }
      for (const { at } of across) expect(at).toBeLessThanOrEqual(size.width - size.right);
      for (const { at } of up) expect(at).toBeGreaterThanOrEqual(size.top);
    }
  },
);
