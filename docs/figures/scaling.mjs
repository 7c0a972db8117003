import { defaultAssumptions, handFormula, planScaling, simulateScaling } from 'loadwright/scaling';
import { chart } from './chart.mjs';

/** Requests a second that one instance holds. */
const held = 10;
const capacity = { requestsPerSecond: { low: held, high: held }, serviceSeconds: 0.32 };
const service = {
  ...{ slots: 4, serviceSeconds: (4 * 0.85) / held, distribution: 'log-normal', routing: 'even' },
  ...{ queueLimit: 100_000, timeoutSeconds: 60 },
};
const ramp = { basePerSecond: 15, peakPerSecond: 150, rampSeconds: 1200 };
const load = { ...ramp, leadSeconds: 300, holdSeconds: 900, fallSeconds: 600, tailSeconds: 2100 };
/** Of the response time, in seconds. */
const p95Seconds = 1.6;

const assumptions = defaultAssumptions;
const planned = planScaling(
  capacity,
  { ...ramp, detectionSeconds: 0, startSeconds: assumptions.startSeconds },
  assumptions,
);
const policies = { recommended: planned.rules, 'hand formula': handFormula(capacity, ramp) };

let simulated;
/** The points of both policies, one in half a minute: `[name, points]`. */
function simulate() {
  simulated ??= Object.entries(policies).map(([name, rules]) => {
    const objective = { p95Seconds, failureShare: 0.001 };
    const { points } = simulateScaling({
      ...{ name, rules, service, assumptions, instances: rules.min, load, objective, seed: 7 },
    });
    return [name, points.filter((_, index) => index % 3 === 2)];
  });
  return simulated;
}

const x = { title: 'minutes', limits: [0, 85], ticks: [0, 10, 20, 30, 40, 50, 60, 70, 80] };
const minutes = ({ at }) => Math.round(at / 6) / 10;

/** Instances that serve, beside those that the load fills. */
export function scalingInstances() {
  const [[, points]] = simulate();
  return chart({
    title: 'A ramp of 20 min: instances that serve, and the load',
    x,
    y: { title: 'instances', limits: [0, 35], ticks: [0, 10, 20, 30] },
    lines: [
      ...simulate().map(([name, ofPolicy], index) => ({
        ...{ name, tone: index + 1 },
        points: ofPolicy.map((point) => [minutes(point), point.serving]),
      })),
      {
        ...{ name: `load ÷ ${held}/s`, tone: 3 },
        points: points.map((point) => [minutes(point), Math.round((10 * point.offered) / held) / 10]),
      },
    ],
    marks: [],
  });
}

/** What that means for response times. */
export function scalingTimes() {
  return chart({
    title: 'The same ramp: p95; after 60 s of waiting a request fails',
    x,
    y: { title: 's', limits: [0, 70], ticks: [0, 20, 40, 60] },
    lines: simulate().map(([name, points], index) => ({
      ...{ name, tone: index + 1 },
      points: points.map((point) => [minutes(point), Math.round((point.p95 ?? 0) * 10) / 10]),
    })),
    marks: [],
  });
}
