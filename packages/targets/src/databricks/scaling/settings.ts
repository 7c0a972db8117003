import { LoadwrightError, type JsonObject, type JsonValue } from '@loadwright/core/target';

/** Workload sizes: from and to so many requests at once. Source: the class ServedEntityInput of databricks-sdk 0.162. */
export const sizes = [
  { name: 'Small', from: 4, to: 4 },
  { name: 'Medium', from: 8, to: 16 },
  { name: 'Large', from: 16, to: 64 },
] as const;

/** Provisioned concurrency comes in multiples of this. */
export const unit = 4;

export const inUnits = (concurrency: number): number => Math.ceil(concurrency / unit) * unit;

/** How a served entity scales: by a size, or between two limits; never both. */
export interface EntityScaling extends JsonObject {
  readonly workload_size: string | null;
  readonly min_provisioned_concurrency: number | null;
  readonly max_provisioned_concurrency: number | null;
  readonly scale_to_zero_enabled: boolean;
}

/** All of an endpoint's scaling that can be put back, in one form. */
export interface DatabricksScalingSettings extends JsonObject {
  /** By name; without those that have no provisioned concurrency. */
  readonly servedEntities: Readonly<Record<string, EntityScaling>>;
}

/** @throws LoadwrightError `CONFIG_INVALID` for settings in another form. */
export function settingsFrom(settings: JsonObject): DatabricksScalingSettings {
  const entities = settings['servedEntities'];
  if (typeof entities === 'object' && entities !== null) return settings as DatabricksScalingSettings;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `settings: found ${Object.keys(settings).join(', ') || 'nothing'}, expected servedEntities. Nothing was changed.`,
    { hint: 'Use those of a recommendation, or of a state that was described.' },
  );
}

/** A served entity as the API of the workspace answers it. What it holds beside the scaling is nobody's business here. */
export interface ServedEntity extends JsonObject {
  readonly name: string;
}

/** Models of others, and what is bought by tokens, have no provisioned concurrency. */
const withoutConcurrency = [
  ...['external_model', 'foundation_model', 'provisioned_model_units'],
  ...['min_provisioned_throughput', 'max_provisioned_throughput'],
];

export function scales(entity: ServedEntity): boolean {
  return withoutConcurrency.every((member) => entity[member] === undefined || entity[member] === null);
}

/** A size may be answered with the limits that it stands for. Limits of their own count, whatever size stands beside them. */
export function normalScaling(entity: ServedEntity): EntityScaling {
  const text = entity['workload_size'];
  const size = typeof text === 'string' && text !== '' ? text : null;
  const min = numberOf(entity['min_provisioned_concurrency']);
  const max = numberOf(entity['max_provisioned_concurrency']);
  const scale_to_zero_enabled = entity['scale_to_zero_enabled'] === true;
  const range = sizes.find(({ name }) => name === size);
  const isOfSize = (min === null || min === range?.from || min === 0) && (max === null || max === range?.to);
  if (size !== null && (max === null || (range && isOfSize)))
    return { ...sized(size), scale_to_zero_enabled };
  return limited(min ?? 0, max ?? 0, scale_to_zero_enabled);
}

const sized = (workload_size: string) => ({
  ...{ workload_size, min_provisioned_concurrency: null, max_provisioned_concurrency: null },
});

export const limited = (min: number, max: number, scale_to_zero_enabled: boolean): EntityScaling => ({
  ...{ workload_size: null, min_provisioned_concurrency: min, max_provisioned_concurrency: max },
  scale_to_zero_enabled,
});

const numberOf = (value: JsonValue | undefined) => (typeof value === 'number' ? value : null);

/** Units of concurrency that it keeps, and has at most. A size that is not known: nothing is known. */
export function rangeOf(scaling: EntityScaling): { readonly from: number; readonly to: number } | undefined {
  const { workload_size: size, scale_to_zero_enabled: toZero } = scaling;
  const range =
    size === null
      ? { from: scaling.min_provisioned_concurrency ?? 0, to: scaling.max_provisioned_concurrency ?? 0 }
      : sizes.find(({ name }) => name === size);
  return range && { from: toZero ? 0 : range.from, to: range.to };
}

export function textOf({
  workload_size: size,
  scale_to_zero_enabled: toZero,
  ...limits
}: EntityScaling): string {
  const { min_provisioned_concurrency: min, max_provisioned_concurrency: max } = limits;
  return `${size === null ? `concurrency ${min} to ${max}` : `size ${size}`}${toZero ? ', or zero' : ''}`;
}

/** What the API makes up by itself, and takes from nobody. */
const madeByService = ['creation_timestamp', 'creator', 'state'];
const scalingMembers = [
  ...['workload_size', 'min_provisioned_concurrency', 'max_provisioned_concurrency', 'scale_to_zero_enabled'],
];

/** The entity as the API takes it, with another scaling and everything else as it is. */
export function entityInput(entity: ServedEntity, scaling: EntityScaling | undefined): ServedEntity {
  const dropped = new Set([...madeByService, ...(scaling ? scalingMembers : [])]);
  const kept = Object.entries(entity).filter(([member]) => !dropped.has(member));
  const set = Object.entries(scaling ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries([...kept, ...set]) as ServedEntity;
}
