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
