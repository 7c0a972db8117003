import { describe, expect, it } from 'vitest';
import { failureCondition, latencyCondition, QueueSimulation } from '../../../test/queue-simulation.js';
import { renderCalibrationHtml } from './html.js';
import { calibrationOf } from '../result.js';
import { searchCapacity } from '../search/search.js';

const conditions = [latencyCondition(95, 60), failureCondition(0.01)];
const service = { slots: 4, distribution: 'exponential', meanSeconds: 0.01, seed: 5 } as const;

async function calibration(change: { mostWaiting?: number; generatorLimit?: number } = {}) {
  const found = await searchCapacity(new QueueSimulation({ ...service, ...change }, conditions), {
    tiers: [{ name: 'fast <b>enough</b>', conditions }],
    ...{ startRate: 20, highestRate: 100_000, precision: 0.1, confidence: 0.95, warmUpSeconds: 5 },
    budget: { seconds: 240 },
  });
  return calibrationOf(found, {
    ...{ name: 'fraud', id: '1', startedAt: new Date(0), endedAt: new Date(1), budget: { seconds: 240 } },
    ...{
      precision: 0.1,
      directory: '/results',
      fleet: 'local',
      target: { kind: 'rest', host: 'http://host' },
    },
    tiers: [{ name: 'fast', conditions: conditions as never }],
  });
}

describe('calibration.html', () => {
  it('shows the capacity, its interval and every level, and makes texts nothing but text', async () => {
    const found = await calibration({ mostWaiting: 8 });
    const html = await renderCalibrationHtml(found);
    expect(html).toContain('fast &lt;b&gt;enough&lt;/b&gt;');
    expect(html).toMatch(/class="verdict (pass|fail)"/);
    expect(html.match(/<tr><th scope="row" class="number">/g)).toHaveLength(found.levels.length);
    for (const id of ['knee', 'answered', 'failed', 'concurrency'])
      expect(html).toContain(`data-chart="${id}"`);
    expect(html).toContain('its queue');
    expect(html).toMatch(/default-src .{0,5}none.{0,5}; script-src/);
    expect(html.split('<script')[0]).not.toMatch(/undefined|NaN|\[object/);
  });

  it('says INVALID of what the generator did not offer, and draws no such level', async () => {
    const found = await calibration({ generatorLimit: 100 });
    expect(found.outcome).toBe('INVALID');
    const html = await renderCalibrationHtml(found);
    expect(html).toMatch(/class="verdict invalid"/);
    expect(html).toContain('<td>INVALID</td>');
    const [, data = ''] = /id="chart-data">(.*?)<\/script>/.exec(html) ?? [];
    const charts = JSON.parse(data) as { x: number[] }[];
    expect(Math.max(...charts[0]!.x)).toBeLessThanOrEqual(100);
  });
});
