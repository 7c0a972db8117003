import { renderCalibrationHtml } from '../../src/calibrate/page/html.js';
import { calibrationOf } from '../../src/calibrate/result.js';
import { searchCapacity } from '../../src/calibrate/search/search.js';
import { compareRuns, renderComparisonHtml } from '../../src/compare/index.js';
import type { CompareOptions, ComparedRun } from '../../src/compare/contract.js';
import { renderScalingHtml } from '../../src/scaling/picture.js';
import { capacityFrontier, instanceCosts } from '../../src/scaling/plan/frontier.js';
import { handFormula, planScaling } from '../../src/scaling/plan/plan.js';
import { defaultAssumptions, type SimulatedService } from '../../src/scaling/simulator/model.js';
import { simulateScaling } from '../../src/scaling/simulator/simulate.js';
import { uniformNumbers } from '../../src/values/random.js';
import { makePairs, type ServiceModel } from '../compared-run-fixture.js';
import { failureCondition, latencyCondition, QueueSimulation } from '../queue-simulation.js';
import { realisticReport } from '../report-fixture.js';

/** A calibration of a simulated service. @param generatorLimit Requests a second: of few nothing can be searched. */
export async function calibrationPage(generatorLimit?: number): Promise<string> {
  const conditions = [latencyCondition(95, 60), failureCondition(0.01)];
  const service = {
    slots: 4,
    distribution: 'exponential',
    meanSeconds: 0.01,
    seed: 5,
    mostWaiting: 8,
  } as const;
  const simulation = new QueueSimulation(
    { ...service, ...(generatorLimit !== undefined && { generatorLimit }) },
    conditions,
  );
  const tiers = [{ name: 'p(95)<60 and rate<0.01', conditions }];
  const found = await searchCapacity(simulation, {
    ...{ tiers, startRate: 20, highestRate: 100_000, precision: 0.1, confidence: 0.95, warmUpSeconds: 5 },
    budget: { seconds: 240 },
  });
  const calibration = calibrationOf(found, {
    ...{ name: 'fraud-detection-endpoint', id: '1', budget: { seconds: 240 }, precision: 0.1 },
    ...{ startedAt: new Date(0), endedAt: new Date(240_000), directory: '/results', fleet: 'local' },
    target: { kind: 'rest', host: 'https://fraud.example.com/a/route/that/is/long/enough/to/wrap' },
    tiers: [{ name: tiers[0]!.name, conditions: conditions as never }],
  });
  return renderCalibrationHtml(calibration);
}

/** Three policies under one ramp, with cost against capacity. @param price In US dollars an hour, where it is known. */
export function scalingPage(price?: number): Promise<string> {
  const capacity = { requestsPerSecond: { low: 8.4, high: 8.8 }, serviceSeconds: 0.4 };
  const demand = {
    ...{ peakPerSecond: 120, basePerSecond: 20, rampSeconds: 600 },
    ...{ detectionSeconds: 0, startSeconds: 300 },
  };
  const service: SimulatedService = {
    ...{ serviceSeconds: 0.4, distribution: 'log-normal', slots: 4, queueLimit: 1000, timeoutSeconds: 60 },
    routing: 'even',
  };
  const load = {
    ...{ basePerSecond: 20, peakPerSecond: 120, rampSeconds: 600 },
    ...{ leadSeconds: 300, holdSeconds: 600, fallSeconds: 300, tailSeconds: 900 },
  };
  const objective = { p95Seconds: 2, failureShare: 0.001 };
  const policies = {
    Recommended: planScaling(capacity, demand, defaultAssumptions).rules,
    'Hand formula (× 0.5)': handFormula(capacity, demand),
    'Fixed for the peak': { min: 17, max: 17, policies: [], suspended: { in: false, out: false } },
  };
  const assumptions = defaultAssumptions;
  const frontier = capacityFrontier((known) => instanceCosts(known, demand), capacity, price);
  return renderScalingHtml({
    ...{ load, service, objective, assumptions, frontier },
    results: Object.entries(policies).map(([name, rules]) =>
      simulateScaling({ name, rules, service, assumptions, instances: rules.min, load, objective, seed: 3 }),
    ),
    ...(price !== undefined && { usDollarsPerHour: price }),
  });
}

/** A comparison of runs of a made-up service with runs of one that is slower and fails more. */
export function comparisonPage(pairs: number, options: CompareOptions = {}): Promise<string> {
  const model: ServiceModel = { seconds: 60, perSecond: 20, runVariation: 0.03 };
  const sides = makePairs(
    pairs,
    model,
    { ...model, median: 26, failing: 0.02, code: 'timeout' },
    uniformNumbers(5),
  );
  const withSeries = (runs: readonly ComparedRun[], slower: number) =>
    runs.map(({ report, series }, index) => {
      const samples = realisticReport({ samples: 60 }).series.map((sample) => ({
        ...sample,
        p95: sample.p95 === null ? null : sample.p95 * (slower + index / 20),
        requestsPerSecond: sample.requestsPerSecond / (slower + index / 50),
      }));
      return {
        report: { ...report, series: samples, name: 'fraud-detection-endpoint', warmUpSeconds: 5 },
        series,
      };
    });
  const [baseline, candidate] = [withSeries(sides.baseline, 1), withSeries(sides.candidate, 1.3)];
  return renderComparisonHtml(compareRuns(baseline, candidate, { resamples: 50, ...options }), {
    baseline,
    candidate,
  });
}
