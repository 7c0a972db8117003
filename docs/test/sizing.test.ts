import { expect, it } from 'vitest';
import { instanceTypes } from '../../packages/infra/src/size/instances.js';
import { usedShare } from '../../packages/infra/src/size/estimate.js';
import { pages } from './documents.js';

const number = (text = '') => Number(text.replaceAll(',', ''));

/** `1 – 3` or one figure for both. */
const range = (text = '') => {
  const [low, high = low] = text.split(' – ').map((one) => number(one));
  return { low: low!, high: high! };
};

it('the example of `size` follows from its own measurement', () => {
  const page = pages.find(({ path }) => path === 'docs/how-to/size.md')!.text;
  const [, rate] = / loadwright size --rate (\d+)\/s$/m.exec(page)!;
  const [, least, most] = /µs of CPU a request \(([\d.]+) to ([\d.]+)\)/.exec(page)!;
  expect(number(/^Expected for ([\d,]+) requests\/s/m.exec(page)![1])).toBe(Number(rate));
  const rows = [
    ...page.matchAll(/^ {2}(\w+\.\w+) +(\d+) {2,}(\S+ – \S+) {2,}(\d+(?: – \d+)?) {2,}(.+?) {2,}CPU$/gm),
  ];
  expect(rows).toHaveLength(3);
  for (const [, name, vcpus, each, machines, dollars] of rows) {
    const type = instanceTypes.find((one) => one.name === name)!;
    expect(type.vcpus).toBe(number(vcpus));
    const [slow, fast] = type.vcpu === 'thread' ? [0.5, 1] : [0.75, 1.25];
    const perSecond = (microseconds: number, speed: number) =>
      (type.vcpus * usedShare * speed * 1e6) / microseconds;
    // What is printed is rounded: the measurement to three figures.
    expect(range(each).low / perSecond(number(most), slow)).toBeCloseTo(1, 2);
    expect(range(each).high / perSecond(number(least), fast)).toBeCloseTo(1, 2);
    const count = range(machines);
    expect(count).toEqual({
      low: Math.ceil(Number(rate) / range(each).high),
      high: Math.ceil(Number(rate) / range(each).low),
    });
    const price = range(dollars);
    expect(price.high / count.high).toBeCloseTo(price.low / count.low, 2);
  }
});
