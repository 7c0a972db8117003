import { jsonSchemaOf } from '@loadwright/core/command';
import { LoadwrightError, type Target, type TargetDefinition, type TolerableRuleId } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import type { Emulator, EmulatorDefinition } from '@loadwright/core/target';
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
export const besideEmulator: readonly TolerableRuleId[] = ['generator-cpu', 'event-loop-lag'];

/** A target's emulator, or an error that says that it has none. */
function emulatorOf(definition: TargetDefinition): EmulatorDefinition {
  if (definition.emulator) return definition.emulator;
  throw new LoadwrightError('CONFIG_INVALID', `target: ${definition.kind} has no emulator`, {
    hint: 'targets with an emulator are marked in "loadwright targets list"',
  });
}

/**
 * Starts a target's emulator.
 *
 * @param field What the options are called when one of them is wrong.
 */
export async function startEmulator(
  definition: TargetDefinition,
  input: Readonly<Record<string, unknown>> = {},
  field = 'emulator',
): Promise<StartedEmulator> {
  const emulator = emulatorOf(definition);
  const options = validate(emulator.options, input, { field });
  return { emulator: await emulator.start(options), capacity: capacityOf(options) };
}

/**
 * Starts the emulator of the very service that a target names: its endpoint, its region, its protocol.
 *
 * @param capacity Options of its capacity, of those that it has.
 */
export function startEmulatorOf(
  { definition, options }: Target,
  capacity: Readonly<Record<string, unknown>> = {},
): Promise<StartedEmulator> {
  const known = Object.keys(jsonSchemaOf(emulatorOf(definition).options)['properties'] ?? {});
  const shared = Object.entries({ ...(options as object), ...capacity }).filter(([name]) =>
    known.includes(name),
  );
  return startEmulator(definition, Object.fromEntries(shared), 'target');
}

/** A target and an environment that reach an emulator instead of the service. */
export function pointAt(
  target: Target,
  emulator: Emulator,
  environment: Readonly<Record<string, string | undefined>>,
): { target: Target; environment: Record<string, string | undefined> } {
  const options = { ...withoutSecrets(target), ...emulator.targetOptions };
  const pointed: Target = { definition: target.definition, options };
  requireNobodyElse(pointed, emulator);
  // Real credentials of the caller must not reach the emulator, nor be mixed with the made-up ones.
  const variables = variablesOf(pointed);
  const own = new Set(variables.map((variable) => variable.name));
  const others = Object.entries(environment).filter(([name]) => !own.has(name));
  // An emulator does not know the variables that options name, such as those of secretHeaders.
  const madeUp = variables
    .filter(({ required }) => required)
    .map(({ name }) => [name, 'made-up-by-loadwright']);
  return {
    target: pointed,
    environment: { ...Object.fromEntries([...others, ...madeUp]), ...emulator.environment },
  };
}

/** Whatever options a target has: its load goes to the emulator. */
function requireNobodyElse({ definition, options }: Target, { url }: Emulator): void {
  const host = definition.host(validate(definition.options, options, { field: 'target' }));
  if (new URL(host).hostname === new URL(url).hostname) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `target: its load would go to ${host}, and not to the emulator at ${url}`,
    { hint: 'leave out the option that names this address' },
  );
}

/** The variables that a target's nodes need. */
export function variablesOf({ definition, options }: Target) {
  if (!definition.environment) return [];
  return definition.environment(validate(definition.options, options, { field: 'target' }));
}

/** The options as the user wrote them, without those that hold a secret: the emulator has credentials of its own. */
function withoutSecrets({ definition, options }: Target): Record<string, unknown> {
  const properties = (jsonSchemaOf(definition.options)['properties'] ?? {}) as Record<string, unknown>;
  const holdsSecret = (name: string) => JSON.stringify(properties[name] ?? {}).includes('"writeOnly":true');
  return Object.fromEntries(Object.entries(options as object).filter(([name]) => !holdsSecret(name)));
}

function capacityOf(options: unknown): number | undefined {
  const { concurrency, serviceTime } = options as { concurrency?: unknown; serviceTime?: unknown };
  return typeof concurrency === 'number' && typeof serviceTime === 'string'
    ? capacityRequestsPerSecond({ concurrency, serviceTime })
    : undefined;
}
