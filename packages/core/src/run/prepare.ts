import { resolve } from 'node:path';
import { z } from 'zod';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { JsonObject } from '../json.js';
import { jsonSchemaOf } from '../json-schema.js';
import { loadProfileSchema, type LoadProfile } from '../load/profile.js';
import { totalSeconds } from '../load/length.js';
import { assertTarget } from '../plugins/load-target.js';
import { collectSecrets, redactOptions } from '../secrets.js';
import type { TargetDefinition } from '../target/contract.js';
import { parseThresholds, requireMeasurable, type Threshold } from '../thresholds/parse.js';
import { validate } from '../validation.js';
import type { LoadTestOptions } from './contract.js';

/** A load test after validation: what every step of a run works on. */
export interface PreparedTest {
  readonly name: string;
  readonly definition: TargetDefinition;
  /** The target's options, validated. May hold secrets. */
  readonly targetOptions: unknown;
  readonly workers: number;
  readonly load: LoadProfile;
  readonly durationSeconds: number;
  readonly thresholds: readonly Threshold[];
  /** For people and files: defaults filled in, secrets redacted. */
  readonly configuration: JsonObject;
  /** The secrets that stand in the options. */
  readonly secrets: readonly string[];
  readonly baseDirectory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const ownOptions = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be 1 to 64 letters, digits, dots, underscores or hyphens',
    )
    .optional(),
  workers: z.int().min(1).max(1000).default(1),
  thresholds: z.record(z.string(), z.array(z.string())).default({}),
  baseDirectory: z.string().default(() => process.cwd()),
});

/**
 * Validates everything that can be validated without a network.
 *
 * @throws LoadwrightError that names all problems at once.
 */
export function prepare(options: LoadTestOptions): PreparedTest {
  const { target, load, environment = process.env, ...rest } = options;
  const problems: LoadwrightError[] = [];
  const attempt = <Value>(check: () => Value): Value | undefined => {
    try {
      return check();
    } catch (error) {
      if (!isLoadwrightError(error)) throw error;
      problems.push(error);
      return undefined;
    }
  };

  const own = attempt(() => validate(ownOptions, rest, { field: '' }));
  const profile = attempt(() => validate(loadProfileSchema, load, { field: 'load' }));
  const thresholds = own && attempt(() => parseThresholds(own.thresholds));
  const definition = attempt(() => {
    assertTarget(target, 'target');
    return target.definition;
  });
  const targetOptions =
    definition && attempt(() => validate(definition.options, target.options, { field: 'target' }));
  if (profile && thresholds) attempt(() => requireMeasurable(thresholds, 'arrivals' in profile));
  if (problems.length > 0 || !own || !profile || !thresholds || !definition || targetOptions === undefined)
    throw combine(problems);

  const schema = jsonSchemaOf(definition.options);
  const name = own.name ?? definition.kind;
  return {
    name,
    definition,
    targetOptions,
    workers: own.workers,
    load: profile,
    durationSeconds: totalSeconds(profile),
    thresholds,
    configuration: {
      name,
      target: { kind: definition.kind, ...redactOptions(schema, targetOptions) },
      workers: own.workers,
      load: profile as JsonObject,
      thresholds: own.thresholds,
    },
    secrets: collectSecrets(schema, targetOptions),
    baseDirectory: resolve(own.baseDirectory),
    environment,
  };
}

function combine(problems: readonly LoadwrightError[]): LoadwrightError {
  const [first] = problems;
  if (!first || problems.length === 1)
    return first ?? new LoadwrightError('CONFIG_INVALID', 'The test is not valid.');
  const hints = [...new Set(problems.map((problem) => problem.hint).filter((hint) => hint !== undefined))];
  return new LoadwrightError('CONFIG_INVALID', problems.map((problem) => problem.message).join('\n'), {
    ...(hints.length > 0 && { hint: hints.join('\n') }),
  });
}
