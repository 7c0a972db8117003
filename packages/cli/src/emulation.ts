import {
  LoadwrightError,
  validate,
  type Emulator,
  type EmulatorDefinition,
  type Target,
  type TargetDefinition,
  type ValidityRuleId,
} from '@loadwright/core';
import { capacityRequestsPerSecond } from '@loadwright/core/testing';

/** An emulator that runs, and how much it can serve. */
export interface StartedEmulator {
  readonly emulator: Emulator;
  /** Requests a second; undefined when its options do not tell. */
  readonly capacity: number | undefined;
}

/**
 * Rules of validity that only warn beside an emulator: it takes the same cores as the workers, and what is measured of it
 * is nobody's service.
 */
export const besideEmulator: readonly ValidityRuleId[] = ['generator-cpu', 'event-loop-lag'];

/** A target's emulator, or an error that says that it has none. */
export function emulatorOf(definition: TargetDefinition): EmulatorDefinition {
  if (definition.emulator) return definition.emulator;
  throw new LoadwrightError('CONFIG_INVALID', `target: ${definition.kind} has no emulator`, {
    hint: 'targets with an emulator are marked in "loadwright targets list"',
  });
}

/** Starts a target's emulator. */
export async function startEmulator(
  definition: TargetDefinition,
  input: Readonly<Record<string, unknown>> = {},
): Promise<StartedEmulator> {
  const emulator = emulatorOf(definition);
  const options = validate(emulator.options, input, { field: 'emulator' });
  return { emulator: await emulator.start(options), capacity: capacityOf(options) };
}

/** A target and an environment that reach an emulator instead of the service. */
export function pointAt(
  target: Target,
  emulator: Emulator,
  environment: Readonly<Record<string, string | undefined>>,
): { target: Target; environment: Record<string, string | undefined> } {
  const options = { ...withoutSecrets(target), ...emulator.targetOptions };
  const pointed: Target = { definition: target.definition, options };
  // Real credentials of the caller must not reach the emulator, nor be mixed with the made-up ones.
  const own = new Set(variablesOf(pointed).map((variable) => variable.name));
  const others = Object.entries(environment).filter(([name]) => !own.has(name));
  return { target: pointed, environment: { ...Object.fromEntries(others), ...emulator.environment } };
}

/** The variables that a target's nodes need. */
export function variablesOf({ definition, options }: Target) {
  if (!definition.environment) return [];
  return definition.environment(validate(definition.options, options, { field: 'target' }));
}

/** The options as the user wrote them, without those that hold a secret: the emulator has credentials of its own. */
function withoutSecrets({ definition, options }: Target): Record<string, unknown> {
  const schema = definition.options['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  const properties = (schema['properties'] ?? {}) as Record<string, unknown>;
  const holdsSecret = (name: string) => JSON.stringify(properties[name] ?? {}).includes('"writeOnly":true');
  return Object.fromEntries(Object.entries(options as object).filter(([name]) => !holdsSecret(name)));
}

function capacityOf(options: unknown): number | undefined {
  const { concurrency, serviceTime } = options as { concurrency?: unknown; serviceTime?: unknown };
  return typeof concurrency === 'number' && typeof serviceTime === 'string'
    ? capacityRequestsPerSecond({ concurrency, serviceTime })
    : undefined;
}
