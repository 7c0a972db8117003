import {
  LoadwrightError,
  type JsonObject,
  type ScalingObservation,
  type ScalingState,
  type TargetContext,
} from '@loadwright/core/target';
import { databricksObservation } from '../observation/index.js';
import type { DatabricksOptions } from '../options.js';
import { messageOfAnswer } from '../refusal.js';
import { callEndpointApi, statusOf } from '../workspace.js';
import {
  normalScaling,
  rangeOf,
  scales,
  type DatabricksScalingSettings,
  type EntityScaling,
  type ServedEntity,
} from './settings.js';

/** An endpoint as the API of its workspace answers it, as far as it matters here. */
export interface ServingEndpoint {
  readonly state?: { readonly config_update?: string };
  readonly config?: {
    readonly served_entities?: readonly ServedEntity[];
    readonly traffic_config?: JsonObject;
    readonly auto_capture_config?: JsonObject;
  };
}

export const isUpdating = ({ state }: ServingEndpoint): boolean => state?.config_update === 'IN_PROGRESS';

/** @returns undefined when requests go elsewhere, and there is no such endpoint. */
export async function readEndpoint(
  options: DatabricksOptions,
  context: TargetContext,
): Promise<ServingEndpoint | undefined> {
  try {
    return parseEndpoint(await callEndpointApi(options, context, ''), options);
  } catch (error) {
    // With endpointUrl the name is what the report calls it, and perhaps no serving endpoint.
    if (options.endpointUrl !== undefined && statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** A page that asks people to log in is an answer as well. */
function parseEndpoint(text: string, { baseUrl }: DatabricksOptions): ServingEndpoint {
  try {
    const endpoint: unknown = JSON.parse(text);
    if (typeof endpoint === 'object' && endpoint !== null) return endpoint;
  } catch {
    // Not JSON.
  }
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The API of the workspace answered what is no endpoint: ${messageOfAnswer(text)}`,
    { hint: `Check baseUrl: ${baseUrl} must be the URL of a workspace.` },
  );
}

export const entitiesOf = ({ config }: ServingEndpoint): readonly ServedEntity[] =>
  config?.served_entities ?? [];

export function settingsOf(endpoint: ServingEndpoint): DatabricksScalingSettings {
  const found = entitiesOf(endpoint)
    .filter(scales)
    .map((entity) => [entity.name, normalScaling(entity)] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { servedEntities: Object.fromEntries(found) };
}

export const resourceOf = ({ endpointName }: DatabricksOptions): string =>
  `serving-endpoints/${endpointName}`;

/**
 * Of the number of units only the lower limit can be put back: it is what this state holds. How many there are now is for
 * {@link observe} to say.
 */
export async function describe(options: DatabricksOptions, context: TargetContext): Promise<ScalingState> {
  const endpoint = await readEndpoint(options, context);
  const settings = endpoint && settingsOf(endpoint);
  const units = settings ? keptUnits(settings) : 0;
  const isEmpty = !settings || Object.keys(settings.servedEntities).length === 0;
  return {
    resource: resourceOf(options),
    instances: { current: units, desired: units },
    settings: isEmpty ? {} : settings,
    suspended: false,
    otherScalers: [],
    busy: endpoint !== undefined && isUpdating(endpoint),
  };
}

function keptUnits({ servedEntities }: DatabricksScalingSettings): number {
  return Object.values(servedEntities).reduce((sum, scaling) => sum + (rangeOf(scaling)?.from ?? 0), 0);
}

/** Units of provisioned concurrency by the endpoint's own metrics, a minute ago. Databricks publishes no activities. */
export async function observe(
  options: DatabricksOptions,
  context: TargetContext,
  since: number,
): Promise<ScalingObservation> {
  const units = [...(await readUnits(options, context, since)).values()];
  const current = Math.round(units.reduce((sum, value) => sum + value, 0));
  return { instances: { current, desired: current }, activities: [] };
}

/** Units of provisioned concurrency, by served entity. One that is scaled to zero has no metrics. */
export async function readUnits(
  options: DatabricksOptions,
  context: TargetContext,
  since: number,
): Promise<ReadonlyMap<string, number>> {
  const { points } = await databricksObservation.read(options, { ...context, since });
  return new Map(
    points
      .filter(({ figure }) => figure === 'provisioned concurrency')
      .map(({ part = '', value }) => [part, value]),
  );
}

/** The entity whose scaling is meant. */
export function entityOf(
  { servedEntity, endpointName }: DatabricksOptions,
  { servedEntities }: DatabricksScalingSettings,
): readonly [name: string, EntityScaling] {
  const all = Object.entries(servedEntities);
  const found = servedEntity === undefined ? all : all.filter(([name]) => name === servedEntity);
  if (found.length === 1) return found[0]!;
  const names = all.map(([name]) => name).join(', ');
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `target: the endpoint ${endpointName} has the served entities ${names || 'none'} with provisioned concurrency.`,
    { hint: 'Say with servedEntity which of them is meant; the load is what it gets of the traffic.' },
  );
}
