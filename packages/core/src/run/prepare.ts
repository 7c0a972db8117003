import { resolve } from 'node:path';
import { z } from 'zod';
import type { JsonObject } from '../values/json.js';
import { secondsOf } from '../values/duration.js';
import { jsonSchemaOf } from '../values/json-schema.js';
import { type LoadProfile } from '../load/profile.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { totalSeconds } from '../load/length.js';
import type { CallOptions, Fleet } from '../fleet/contract.js';
import { assertTarget } from '../plugins/load-target.js';
import { Problems } from '../validation/problems.js';
import { collectSecrets, redactOptions, refusePlainSecrets } from '../secrets/options.js';
import type { TargetDefinition } from '../target/contract.js';
import { withFoundOptions } from '../target/found-options.js';
import {
  defaultThresholds,
  parseThresholds,
  requireMeasurable,
  requireRequestNames,
  type Threshold,
} from '../judge/thresholds/parse.js';
import { childPath, validate } from '../validation/validate.js';
import type { LoadTestOptions } from './contract.js';
import { thresholdsSchema } from '../judge/thresholds/input.js';
import type { TolerableRuleId } from '../judge/validity/ids.js';
import { hostsSchema, nameSchema, preflightSchema, tolerateSchema, workersSchema } from './option-schemas.js';
import { percentileSupport, type PercentileSupport } from '../judge/percentile-support.js';

/** A load test after validation: what every step of a run works on. */
export interface PreparedTest {
  readonly name: string;
  readonly definition: TargetDefinition;
  /** The target's options, validated. May hold secrets. */
  readonly targetOptions: unknown;
  /** Base URLs that a test on the same fleet may have. */
  readonly hosts: readonly string[];
  /** Absent: as many as suit the fleet. */
  readonly workers: number | undefined;
  readonly load: LoadProfile;
  readonly durationSeconds: number;
  readonly thresholds: readonly Threshold[];
  /** Rules of validity that only warn, each with why. */
  readonly tolerate: Readonly<Partial<Record<TolerableRuleId, string>>>;
  /** How long the preflight waits for a service that is starting; 0: not at all. */
  readonly waitUpToSeconds: number;
  /** What the load can say of their percentiles. */
  readonly support: PercentileSupport;
  /** For people and files: defaults filled in, secrets redacted. */
  readonly configuration: JsonObject;
  /** The secrets that stand in the options. */
  readonly secrets: readonly string[];
  readonly baseDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A {@link PreparedTest} whose number of workers is known. */
export interface SizedTest extends PreparedTest {
  readonly workers: number;
}

const ownOptions = z.strictObject({
  name: nameSchema.optional(),
  workers: workersSchema.optional(),
  hosts: hostsSchema.default([]),
  thresholds: thresholdsSchema.default({}),
  tolerate: tolerateSchema.default({}),
  preflight: preflightSchema.optional(),
  baseDirectory: z.string().default(() => process.cwd()),
});

/**
 * Validates everything that can be validated without a network.
 *
 * @throws LoadwrightError that names all problems at once.
 */
export function prepare(options: LoadTestOptions): PreparedTest {
  const { target, load, environment = process.env, ...rest } = options;
  const problems = new Problems();

  const own = problems.attempt(() => validate(ownOptions, rest, { field: '' }));
  const profile = problems.attempt(() => validate(loadProfileSchema, load, { field: 'load' }));
  const definition = problems.attempt(() => {
    assertTarget(target, 'target');
    return target.definition;
  });
  const thresholds =
    own && definition && problems.attempt(() => parseThresholds(own.thresholds, definition.metrics));
  const targetOptions =
    definition &&
    problems.attempt(() =>
      validate(definition.options, withFoundOptions(target, environment).target.options, { field: 'target' }),
    );
  const schema = definition && jsonSchemaOf(definition.options);
  if (definition && schema && targetOptions !== undefined)
    problems.attempt(() =>
      refusePlainSecrets(schema, targetOptions, {
        kind: definition.kind,
        describePath: (path) => path.reduce<string>(childPath, 'target'),
      }),
    );
  if (thresholds && definition && targetOptions !== undefined)
    problems.attempt(() => requireRequestNames(thresholds, definition.requestNames?.(targetOptions)));
  if (profile && thresholds) problems.attempt(() => requireMeasurable(thresholds, 'arrivals' in profile));
  if (
    problems.found ||
    !own ||
    !profile ||
    !thresholds ||
    !definition ||
    !schema ||
    targetOptions === undefined
  )
    throw problems.combined();

  const name = own.name ?? definition.kind;
  return {
    name,
    definition,
    targetOptions,
    hosts: own.hosts,
    workers: own.workers,
    load: profile,
    durationSeconds: totalSeconds(profile),
    thresholds,
    tolerate: own.tolerate,
    waitUpToSeconds: secondsOf(own.preflight?.waitUpTo ?? ''),
    support: percentileSupport(thresholds, profile),
    configuration: {
      name,
      target: { kind: definition.kind, ...redactOptions(schema, targetOptions) },
      ...(own.hosts.length > 0 && { hosts: own.hosts }),
      ...(own.workers !== undefined && { workers: own.workers }),
      load: profile as JsonObject,
      ...(own.preflight && { preflight: own.preflight as JsonObject }),
      thresholds: { ...defaultThresholds, ...own.thresholds } as JsonObject,
      ...(Object.keys(own.tolerate).length > 0 && { tolerate: own.tolerate as JsonObject }),
    },
    secrets: collectSecrets(schema, targetOptions),
    baseDirectory: resolve(own.baseDirectory),
    environment,
  };
}

/** Settles the number of workers: as written, else what suits the fleet, else 1. */
export async function sizeFor(test: PreparedTest, fleet?: Fleet, options?: CallOptions): Promise<SizedTest> {
  return withWorkers(test, test.workers ?? (await fleet?.defaultWorkers?.(options)) ?? 1);
}

/** The test with a number of workers. */
export function withWorkers(test: PreparedTest, workers: number): SizedTest {
  return { ...test, workers, configuration: { ...test.configuration, workers } };
}
