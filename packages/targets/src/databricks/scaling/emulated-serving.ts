import type { JsonObject } from '@loadwright/core/target';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import { failure } from '../emulated-answers.js';
import { inUnits, limited, normalScaling, rangeOf, scales, unit, type ServedEntity } from './settings.js';

export interface EmulatedServingOptions {
  readonly concurrency: number;
  readonly servedEntities?: readonly ServedEntity[] | undefined;
  readonly updateMilliseconds: number;
  readonly permission: 'CAN_QUERY' | 'CAN_MANAGE';
}

interface Config {
  readonly served_entities: readonly ServedEntity[];
  readonly traffic_config: JsonObject;
  readonly auto_capture_config: JsonObject;
}

/** What the API answers and does not take back. */
const madeByService = { creator: 'somebody@example.com', creation_timestamp: 1_780_000_000_000 };
const capturing = { catalog_name: 'main', schema_name: 'logs', table_name_prefix: 'prices', enabled: true };

/**
 * The configuration of a serving endpoint: what it serves, how each of it scales, and updates that take their time. How Databricks
 * scales within the limits is not published: here units move only when limits make them.
 */
export class EmulatedServing {
  readonly #options: EmulatedServingOptions;
  #config: Config;
  #pending: { readonly config: Config; readonly endsAt: number } | undefined;
  #state: 'NOT_UPDATING' | 'UPDATE_FAILED' = 'NOT_UPDATING';
  #version = 1;
  readonly #units = new Map<string, number>();
  /** The next update ends as one that the platform could not carry out. */
  failsNext = false;

  constructor(options: EmulatedServingOptions) {
    this.#options = options;
    const units = inUnits(options.concurrency);
    const { servedEntities = [{ name: 'emulated-1', ...setMembers(limited(units, units, false)) }] } =
      options;
    const entities = servedEntities.map((entity) => ({
      entity_name: 'main.models.prices',
      entity_version: '3',
      scale_to_zero_enabled: false,
      ...entity,
    }));
    this.#config = {
      served_entities: entities,
      traffic_config: routesTo(entities),
      auto_capture_config: capturing,
    };
    for (const { name } of entities.filter(scales)) this.#units.set(name, options.concurrency);
  }

  /** Units of provisioned concurrency by served entity. */
  get units(): ReadonlyMap<string, number> {
    this.#settle();
    return this.#units;
  }

  /** What GET answers of it. */
  describe(): JsonObject {
    this.#settle();
    const answered = ({ served_entities, ...config }: Config, version: number) => ({
      ...config,
      auto_capture_config: {
        ...config.auto_capture_config,
        state: { payload_table: { name: 'prices_payload' } },
      },
      served_entities: served_entities.map((entity) => ({
        ...entity,
        ...madeByService,
        state: { deployment: 'DEPLOYMENT_READY' },
      })),
      config_version: version,
    });
    return {
      ...madeByService,
      permission_level: this.#options.permission,
      tags: [{ key: 'team', value: 'pricing' }],
      state: { ready: 'READY', config_update: this.#pending ? 'IN_PROGRESS' : this.#state },
      config: answered(this.#config, this.#version),
      ...(this.#pending && { pending_config: answered(this.#pending.config, this.#version + 1) }),
    } as unknown as JsonObject;
  }

  /** `PUT …/config`. Undefined: it was taken. */
  update({ body }: EmulatedRequest): EmulatedResponse | undefined {
    this.#settle();
    if (this.#options.permission !== 'CAN_MANAGE') {
      return failure(403, 'PERMISSION_DENIED', 'User does not have permission CAN_MANAGE on the endpoint.');
    }
    if (this.#pending) {
      return failure(409, 'RESOURCE_CONFLICT', 'An update of the endpoint is in progress.');
    }
    const config = configOf(body);
    if (!config) return failure(400, 'MALFORMED_REQUEST', 'The body is no JSON object.');
    const { served_entities: entities = this.#config.served_entities } = config;
    const problem = problemOf(entities);
    if (problem !== undefined) return failure(400, 'INVALID_PARAMETER_VALUE', problem);
    this.#pending = {
      config: {
        served_entities: entities,
        // Stricter than what is published: what is left out is lost.
        traffic_config: config.traffic_config ?? routesTo(entities),
        auto_capture_config: config.auto_capture_config ?? { ...capturing, enabled: false },
      },
      endsAt: performance.now() + this.#options.updateMilliseconds,
    };
    return undefined;
  }

  #settle(): void {
    if (!this.#pending || performance.now() < this.#pending.endsAt) return;
    this.#state = this.failsNext ? 'UPDATE_FAILED' : 'NOT_UPDATING';
    if (!this.failsNext) {
      this.#config = this.#pending.config;
      this.#version += 1;
      this.#keepWithinLimits();
    }
    this.failsNext = false;
    this.#pending = undefined;
  }

  #keepWithinLimits(): void {
    const before = new Map(this.#units);
    this.#units.clear();
    for (const entity of this.#config.served_entities.filter(scales)) {
      const { from, to } = rangeOf(normalScaling(entity)) ?? { from: 0, to: Infinity };
      this.#units.set(entity.name, Math.min(to, Math.max(from, before.get(entity.name) ?? 0)));
    }
  }
}

const setMembers = (scaling: JsonObject) =>
  Object.fromEntries(Object.entries(scaling).filter(([, value]) => value !== null));

const routesTo = ([first]: readonly ServedEntity[]): JsonObject => ({
  routes: [{ served_entity_name: first!.name, traffic_percentage: 100 }],
});

function configOf(body: Buffer): Partial<Config> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Rules of the class ServedEntityInput of databricks-sdk 0.162. */
function problemOf(entities: readonly ServedEntity[]): string | undefined {
  if (entities.length === 0) return 'served_entities must not be empty.';
  if (new Set(entities.map(({ name }) => name)).size < entities.length) return 'Names must be unique.';
  for (const entity of entities) {
    const {
      workload_size: size,
      min_provisioned_concurrency: min,
      max_provisioned_concurrency: max,
    } = entity;
    const foreign = ['state', ...Object.keys(madeByService)].find((member) => member in entity);
    if (foreign !== undefined) return `Unknown member ${foreign} of a served entity.`;
    if (!scales(entity)) continue;
    const limits = [min, max].filter((limit) => limit !== undefined);
    if ((size !== undefined) === limits.length > 0)
      return 'Give workload_size, or both limits of the concurrency.';
    if (size !== undefined) continue;
    const areUnits = limits.length === 2 && limits.every((limit) => Number.isInteger(Number(limit) / unit));
    if (!areUnits || Number(min) > Number(max) || Number(max) === 0) {
      return `Limits of the concurrency must be multiples of ${unit}, the lower one first.`;
    }
  }
  return undefined;
}
