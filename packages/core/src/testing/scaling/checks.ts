import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { isChangeable } from '../../scaling/change.js';
import { settingsDifferences, stateDifferences } from '../../scaling/differences.js';
import type {
  InstanceCapacity,
  ScalingContext,
  ScalingDefinition,
  ScalingDemand,
  ScalingState,
} from '../../target/scaling-contract.js';
import type { ConformanceCheck } from '../conformance.js';
import { validOptions } from '../json-schema.js';
import { contextOf, rejection } from '../target-secret-checks.js';
import type { TargetSubject } from '../target-subject.js';

/** An instance of a small model, and a load that needs several of them. */
const capacity: InstanceCapacity = { requestsPerSecond: { low: 40, high: 44 }, serviceSeconds: 0.05 };
const demand: ScalingDemand = {
  ...{ peakPerSecond: 400, basePerSecond: 40, rampSeconds: 900 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};

/** How a service is looked at while it changes an endpoint, in milliseconds. */
const pauseMilliseconds = 20;
const patienceMilliseconds = 60_000;

/** An emulator's endpoint, with the scaling of the target. */
interface Endpoint {
  readonly scaling: ScalingDefinition;
  readonly options: unknown;
  readonly context: ScalingContext;
  /** The state, once the service is not changing it. */
  steady(): Promise<ScalingState>;
}

/**
 * What a target recommends, and what it changes. None when it has no scaling; what changes something needs an emulator that scales,
 * with the options `scaledEmulator` where it does not by itself.
 */
export function targetScalingChecks(subject: TargetSubject): ConformanceCheck[] {
  const { definition, options } = subject;
  const { scaling, emulator } = definition;
  if (!scaling) return [];
  const recommends: ConformanceCheck = {
    name: 'scaling: recommends the same each time, each setting with its reason',
    run: async () => {
      const parsed = validOptions(definition.options, options);
      const recommended = scaling.recommend(parsed, capacity, demand);
      const { settings, rows, formats } = recommended;
      assert.deepEqual(scaling.recommend(parsed, capacity, demand), recommended, 'recommend must be pure');
      assert.deepEqual(JSON.parse(JSON.stringify(settings)), settings, 'settings must be plain JSON');
      assert(rows.length > 0, 'a recommendation needs its rows');
      for (const { name, value, reason } of rows) {
        assert(
          name && value && reason,
          `a row needs name, value and reason: ${JSON.stringify({ name, value, reason })}`,
        );
      }
      for (const [name, text] of Object.entries(formats))
        assert(text, `the format ${name} must not be empty`);
    },
  };
  if (!isChangeable(scaling) || !emulator) return [recommends];
  const on = (name: string, work: (endpoint: Endpoint) => Promise<void>): ConformanceCheck => ({
    name: `scaling: ${name}`,
    run: () => withEndpoint(subject, scaling, work),
  });
  return [
    recommends,
    on('describes what is there, the same each time', describesTheSame),
    on('what is applied is there, and a restore makes it what it was', appliesAndRestores),
    on('a suspension keeps the instances, and a restore lifts it', suspendsAndRestores),
    on('refuses settings that are none, and the snapshot of something else', refusesWhatIsWrong),
  ];
}

async function withEndpoint(
  { definition, options, environment, scaledEmulator }: TargetSubject,
  scaling: ScalingDefinition,
  work: (endpoint: Endpoint) => Promise<void>,
): Promise<void> {
  const emulator = definition.emulator!;
  const running = await emulator.start(validOptions(emulator.options, scaledEmulator ?? {}));
  try {
    const parsed = validOptions(definition.options, { ...(options as object), ...running.targetOptions });
    const context = contextOf({ ...environment, ...running.environment });
    const steady = async () => {
      const until = Date.now() + patienceMilliseconds;
      for (;;) {
        const state = await scaling.describe(parsed, context);
        if (!state.busy) return state;
        assert(Date.now() < until, 'the emulator must end its changes: it was busy for a minute');
        await delay(pauseMilliseconds);
      }
    };
    await work({ scaling, options: parsed, context, steady });
  } finally {
    await running.stop();
  }
}

async function describesTheSame({ scaling, options, context, steady }: Endpoint): Promise<void> {
  const state = await steady();
  assert.match(state.resource, /\S/, 'a state needs the name of its resource');
  assert.deepEqual(await steady(), state, 'describe must say the same of what did not change');
  assert.deepEqual(
    JSON.parse(JSON.stringify(state)),
    state,
    'a state must be plain JSON: it is kept on the disk',
  );
  const { instances, activities } = await scaling.observe(options, context, Date.now() - 60_000);
  for (const { current, desired } of [state.instances, instances]) {
    assert(Number.isInteger(current) && Number.isInteger(desired), 'instances must be whole numbers');
  }
  assert(Array.isArray(activities), 'an observation needs its activities: an empty list');
}

async function appliesAndRestores({ scaling, options, context, steady }: Endpoint): Promise<void> {
  const before = await steady();
  const { settings } = scaling.recommend(options, capacity, demand, before);
  await scaling.apply(options, context, settings, before);
  const applied = await steady();
  none(settingsDifferences(settings, applied.settings), 'apply must set what is recommended');
  assert(
    settingsDifferences(before.settings, applied.settings).length > 0,
    'scaledEmulator must have other settings than what is recommended',
  );
  const again = scaling.recommend(options, capacity, demand, applied).settings;
  none(settingsDifferences(settings, again), 'a second recommendation must change nothing');
  // A process may have died anywhere: whoever comes later does it again.
  for (const time of ['a restore', 'a second restore']) {
    await scaling.restore(options, context, before);
    none(stateDifferences(before, await steady()), `${time} must make it what it was`);
  }
}

async function suspendsAndRestores({ scaling, options, context, steady }: Endpoint): Promise<void> {
  const first = await steady();
  const { settings } = scaling.recommend(options, capacity, demand, first);
  await scaling.apply(options, context, settings, first);
  const before = await steady();
  const count = async () => (await scaling.observe(options, context, Date.now())).instances.desired;
  const instances = await count();
  await scaling.suspend(options, context);
  const during = await steady();
  assert(
    settingsDifferences(before.settings, during.settings).length > 0,
    'a suspension of what scales must be seen in the settings',
  );
  assert.equal(await count(), instances, 'a suspension must keep the number of instances');
  await scaling.restore(options, context, before);
  none(stateDifferences(before, await steady()), 'a restore must lift the suspension');
}

async function refusesWhatIsWrong({ scaling, options, context, steady }: Endpoint): Promise<void> {
  const before = await steady();
  const wrong = { 'not-a-setting': true };
  await rejection(scaling.apply(options, context, wrong, before), ['CONFIG_INVALID']);
  const other = { ...before, resource: `${before.resource}-of-somebody-else` };
  await rejection(scaling.restore(options, context, other), ['CONFIG_INVALID']);
  await rejection(scaling.restore(options, context, { ...before, settings: wrong }), ['CONFIG_INVALID']);
  none(stateDifferences(before, await steady()), 'what is refused must change nothing');
}

function none(differences: readonly { readonly path: string }[], rule: string): void {
  assert(differences.length === 0, `${rule}; other: ${differences.map(({ path }) => path).join(', ')}`);
}
