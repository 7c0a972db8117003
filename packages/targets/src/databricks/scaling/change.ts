import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  LoadwrightError,
  type JsonObject,
  type ScalingContext,
  type ScalingState,
} from '@loadwright/core/target';
import type { DatabricksOptions } from '../options.js';
import { callEndpointApi, pauses } from '../workspace.js';
import {
  entitiesOf,
  isUpdating,
  readEndpoint,
  readUnits,
  resourceOf,
  settingsOf,
  type ServingEndpoint,
} from './endpoint.js';
import {
  entityInput,
  inUnits,
  limited,
  rangeOf,
  settingsFrom,
  textOf,
  type DatabricksScalingSettings,
  unit,
  type EntityScaling,
} from './settings.js';

/** In milliseconds; then longer and longer. */
const firstPause = 100;

export async function apply(
  options: DatabricksOptions,
  context: ScalingContext,
  settings: JsonObject,
): Promise<void> {
  await set(options, context, settingsFrom(settings));
}

/** Makes the scaling as it was, and leaves everything else as it is now. */
export async function restore(
  options: DatabricksOptions,
  context: ScalingContext,
  { settings, resource }: ScalingState,
): Promise<void> {
  if (resource !== resourceOf(options)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `The snapshot is of ${resource}, not of ${resourceOf(options)}.`,
      {
        hint: 'Use the configuration with which the scaling was changed.',
      },
    );
  }
  if (Object.keys(settings).length > 0) await set(options, context, settingsFrom(settings));
}

/** Keeps the units that there are: lower and upper limit become the same. */
export async function suspend(options: DatabricksOptions, context: ScalingContext): Promise<void> {
  const endpoint = await readEndpoint(options, context);
  if (!endpoint) return;
  const { servedEntities } = settingsOf(endpoint);
  const moving = Object.entries(servedEntities).filter(([, scaling]) => !isFixed(scaling));
  if (moving.length === 0) return;
  const units = await readUnits(options, context, Date.now());
  const fixed = moving.map(([name, scaling]) => [name, pinned(scaling, units.get(name) ?? 0)] as const);
  await set(options, context, { servedEntities: { ...servedEntities, ...Object.fromEntries(fixed) } });
}

function isFixed(scaling: EntityScaling): boolean {
  const range = rangeOf(scaling);
  return range !== undefined && range.from === range.to && !scaling.scale_to_zero_enabled;
}

function pinned(scaling: EntityScaling, units: number): EntityScaling {
  const { from, to } = rangeOf(scaling) ?? { from: 0, to: Infinity };
  const kept = Math.min(to, Math.max(unit, inUnits(from), inUnits(units)));
  return limited(kept, kept, false);
}

/**
 * One call changes all served entities. It takes the list as a whole, so that everything that is in it goes with it as it was
 * found; and so do traffic and inference tables, which it would otherwise be free to reset.
 */
async function set(
  options: DatabricksOptions,
  context: ScalingContext,
  { servedEntities: wanted }: DatabricksScalingSettings,
): Promise<void> {
  const endpoint = await untilReady(options, context);
  const { servedEntities: there } = settingsOf(endpoint);
  const changed = Object.entries(wanted).filter(
    ([name, scaling]) => !isDeepStrictEqual(there[name], scaling),
  );
  if (changed.length === 0) return;
  const gone = changed.filter(([name]) => there[name] === undefined).map(([name]) => name);
  if (gone.length > 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `${resourceOf(options)} does not serve ${gone.join(', ')} any more, so that its scaling cannot be set.`,
      { hint: `It serves ${Object.keys(there).join(', ') || 'nothing with provisioned concurrency'}.` },
    );
  }
  const texts = changed.map(([name, scaling]) => `${name}: ${textOf(scaling)}`);
  await context.onChange?.(`${resourceOf(options)}: ${texts.join('; ')}`);
  await callEndpointApi(options, context, '/config', configWith(endpoint, Object.fromEntries(changed)));
  const updated = await untilReady(options, context);
  const is = settingsOf(updated).servedEntities;
  if (changed.every(([name, scaling]) => isDeepStrictEqual(is[name], scaling))) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `${resourceOf(options)} did not take ${texts.join('; ')}: ${updated.state?.config_update ?? 'its state is unknown'}.`,
    { hint: 'The events of the endpoint in the workspace say why.' },
  );
}

function configWith(endpoint: ServingEndpoint, changed: Readonly<Record<string, EntityScaling>>): JsonObject {
  const { traffic_config, auto_capture_config } = endpoint.config ?? {};
  const { state: _, ...autoCapture } = auto_capture_config ?? {};
  return {
    served_entities: entitiesOf(endpoint).map((entity) => entityInput(entity, changed[entity.name])),
    ...(traffic_config && { traffic_config }),
    ...(auto_capture_config && { auto_capture_config: autoCapture }),
  };
}

/** An endpoint whose configuration is being changed takes no other change. */
async function untilReady(options: DatabricksOptions, context: ScalingContext): Promise<ServingEndpoint> {
  for (let pause = firstPause; ; pause *= 2) {
    const endpoint = (await readEndpoint(options, context)) ?? {};
    if (!isUpdating(endpoint)) return endpoint;
    await delay(Math.min(pause, pauses.look), undefined, { signal: context.signal });
  }
}
