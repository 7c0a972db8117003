import { cheapestHeadroom, defaultAssumptions, fixedWays, lagOf, wayNames } from '@loadwright/core/scaling';
import {
  LoadwrightError,
  type InstanceCapacity,
  type ScalingDemand,
  type ScalingRecommendation,
  type ScalingState,
} from '@loadwright/core/target';
import type { DatabricksOptions } from '../options.js';
import { entityOf } from './endpoint.js';
import { inUnits, sizes, unit, type DatabricksScalingSettings } from './settings.js';

/** Of the documentation's page on limits, read in 2026: concurrency of a model. */
const mostConcurrency = 1024;
/** Of the same page: requests a second of all endpoints of a workspace together, of those that are not route-optimised. */
const mostPerSecond = 200;

/**
 * @param found What is there: the recommendation is of the entity that the options name, or of the only one, and leaves the others as
 * they are.
 */
export function recommend(
  options: DatabricksOptions,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
  found?: ScalingState,
): ScalingRecommendation {
  const there = found && { servedEntities: {}, ...(found.settings as Partial<DatabricksScalingSettings>) };
  const name = there ? entityOf(options, there)[0] : (options.servedEntity ?? options.endpointName);
  const { serviceSeconds } = capacity;
  if (serviceSeconds === undefined) {
    throw new LoadwrightError(
      'USAGE',
      'Provisioned concurrency follows from the time of a request, which is not known.',
      {
        hint: 'Give it with --service-time, or a calibration.json.',
      },
    );
  }
  // A unit of concurrency serves one request at a time.
  const perUnit = 1 / serviceSeconds;
  const lag = lagOf(defaultAssumptions.scaleOutAlarm, {
    ...defaultAssumptions,
    startSeconds: demand.startSeconds,
  });
  const headroom = cheapestHeadroom(perUnit, demand, lag);
  const max = inUnits((demand.peakPerSecond * serviceSeconds) / headroom.factor);
  const min = Math.min(max, inUnits(headroom.instances));
  // A size that keeps fewer units than the ramp needs does not carry it.
  const size = sizes.find(({ from, to }) => to >= max && from >= (demand.fromZero ? 0 : min));
  const limits = {
    min_provisioned_concurrency: demand.fromZero ? 0 : min,
    max_provisioned_concurrency: max,
    scale_to_zero_enabled: demand.fromZero ?? false,
  };
  const inUse = (perSecond: number) => Math.ceil(Number((perSecond * serviceSeconds).toFixed(9)));
  const milliseconds = Math.round(serviceSeconds * 1000);
  return {
    settings: { servedEntities: { ...there?.servedEntities, [name]: { workload_size: null, ...limits } } },
    rows: [
      {
        name: 'units in use',
        value: `${inUse(demand.basePerSecond)} to ${inUse(demand.peakPerSecond)}`,
        reason: `${demand.basePerSecond}/s and ${demand.peakPerSecond}/s × ${milliseconds} ms: a unit serves one request at a time`,
      },
      {
        name: 'max concurrency',
        value: String(max),
        reason: `${demand.peakPerSecond}/s × ${milliseconds} ms ÷ ${headroom.factor}, in units of ${unit}`,
      },
      {
        name: 'min concurrency',
        value: String(limits.min_provisioned_concurrency),
        reason: 'carries the ramp until what is added serves',
      },
      {
        name: 'workload size',
        value: size?.name ?? 'none',
        reason: size
          ? `${size.from} to ${size.to} at once, in place of the two`
          : `none keeps ${min} and has up to ${max}: set the two`,
      },
    ],
    costs: {
      ...{ units: 'units of concurrency', requestsPerUnit: perUnit },
      ways: [
        { name: wayNames.recommended, instances: [limits.min_provisioned_concurrency, max] },
        ...fixedWays((share) => inUnits(demand.peakPerSecond / (share * perUnit))),
      ],
    },
    formats: {
      json: `${JSON.stringify(limits, null, 2)}\n`,
      cli: `databricks serving-endpoints update-config ${options.endpointName} --json '${JSON.stringify({ served_entities: [{ ...entity, ...limits }] })}'\n`,
    },
    notes: [
      'Databricks does not say how fast it scales: the lag is that of the assumptions. Measure it with a ramp.',
      ...(demand.fromZero
        ? ['From zero the first requests wait, and capacity is not guaranteed: not for production.']
        : []),
      ...(max > mostConcurrency
        ? [`More than the ${mostConcurrency} that a model may have: divide the load, or ask for more.`]
        : []),
      ...(demand.peakPerSecond > mostPerSecond && options.endpointUrl === undefined
        ? [
            `More than the ${mostPerSecond} requests/s that all endpoints of a workspace have together: use a route-optimised one (endpointUrl).`,
          ]
        : []),
      'In the command, name your own entity and version.',
    ],
  };
}

const entity = { entity_name: 'catalog.schema.model', entity_version: '1' };
