import type { ComparedRun } from '../src/compare/index.js';
import { normalNumbers } from '../src/compare/bootstrap.js';
import type { RunReport } from '../src/results/summary.js';
import { bucketing } from '../src/series/bucketing.js';
import type { SeriesRow } from '../src/series/rows.js';
import { realisticReport } from './report-fixture.js';
import { trendOf } from './series-fixture.js';

/** How a made-up service behaves. */
export interface ServiceModel {
  /** Median of the times, in milliseconds. Default 20. */
  readonly median?: number;
  /** Correlation of the level from second to second. Default 0. */
  readonly correlation?: number;
  /** Standard deviation of the level of a second, as a share. Default 0.15. */
  readonly levelVariation?: number;
  /** Standard deviation between runs, as a share. Default 0. */
  readonly runVariation?: number;
  /** Share of requests that fail. Default 0. */
  readonly failing?: number;
  /** Status code of those. Default 503; null: the run is of a version that counted no codes. */
  readonly code?: string | null;
  readonly seconds?: number;
  readonly perSecond?: number;
}

const base = realisticReport({ samples: 2 });

/**
 * A run of a made-up service with log-normal times.
 *
 * @param number Place of the run in time; its id.
 */
export function makeRun(
  number: number,
  model: ServiceModel,
  uniform: () => number,
  change: Partial<RunReport> = {},
): ComparedRun {
  const { median = 20, correlation = 0, levelVariation = 0.15, runVariation = 0, failing = 0 } = model;
  const { code = '503', seconds = 60, perSecond = 100 } = model;
  const normal = normalNumbers(uniform);
  const ofRun = normal() * runVariation;
  let level = normal();
  const rows = Array.from({ length: seconds }, (_, second): SeriesRow => {
    level = correlation * level + Math.sqrt(1 - correlation ** 2) * normal();
    const shift = ofRun + level * levelVariation;
    const times = Array.from({ length: perSecond }, () => median * Math.exp(shift + 0.5 * normal()));
    const failed = times.filter(() => uniform() < failing).length;
    return {
      ...{ second, method: 'POST', name: 'predict', due: perSecond, sent: perSecond },
      ...{ succeeded: perSecond - failed, failed, dropped: 0, bytes: 0, failures: {} },
      ...(code !== null && { codes: { 200: perSecond - failed, ...(failed > 0 && { [code]: failed }) } }),
      trends: { http_req_service: trendOf(times) },
    };
  });
  const metrics = { http_req_service: { kind: 'trend', unit: 'ms', description: 'service time' } } as const;
  const startedAt = new Date(Date.UTC(2026, 7, 14, 9, number)).toISOString();
  const runId = `run-${number}`;
  return {
    report: {
      ...base,
      ...{ runId, startedAt, verdict: 'PASS', warnings: [], metrics: {}, loadSeconds: seconds },
      requests: [{ ...base.requests[0]!, name: 'predict' }],
      warmUpSeconds: 0,
      ...change,
    },
    series: { header: { version: 1, bucketing, metrics, startedAt, runId }, rows },
  };
}

/** Pairs in turn: A B, B A, A B … */
export function makePairs(
  count: number,
  baseline: ServiceModel,
  candidate: ServiceModel,
  uniform: () => number,
) {
  const sides: Record<'baseline' | 'candidate', ComparedRun[]> = { baseline: [], candidate: [] };
  for (let pair = 0; pair < count; pair += 1) {
    const order =
      pair % 2 === 0 ? (['baseline', 'candidate'] as const) : (['candidate', 'baseline'] as const);
    order.forEach((side, place) =>
      sides[side].push(makeRun(2 * pair + place, side === 'baseline' ? baseline : candidate, uniform)),
    );
  }
  return sides;
}
