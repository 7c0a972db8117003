import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { PutScalingPolicyCommandInput } from '@aws-sdk/client-application-auto-scaling';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import {
  LoadwrightError,
  type JsonObject,
  type ScalingContext,
  type ScalingState,
} from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { polling, ScalingApi } from './api.js';
import { readSize, readState, type SagemakerScalingState } from './describe.js';
import {
  allSuspended,
  settingsFrom,
  type NormalAlarm,
  type NormalPolicy,
  type SagemakerScalingSettings,
} from './normal-form.js';

/** Puts limits, policies and alarms. Deletes nothing. */
export async function apply(
  options: SagemakerOptions,
  context: ScalingContext,
  settings: JsonObject,
  found: ScalingState,
): Promise<void> {
  const wanted = settingsFrom(settings);
  const there = found.settings as SagemakerScalingSettings;
  const foreign = Object.keys(there.policies).filter((name) => wanted.policies[name] === undefined);
  if (foreign.length > 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `There are other policies on ${found.resource}: ${foreign.join(', ')}. Nothing was changed.`,
      {
        hint: 'The largest capacity that any of them asks for would win. Delete them first, if they are not needed.',
      },
    );
  }
  await ScalingApi.use(options, context, async (api) => {
    const now = await readState(api, options);
    const change = new Change(api, context, options);
    await change.limits(now, wanted.target, wanted.target!.SuspendedState);
    await change.putPolicies(now, wanted);
    await change.putAlarms(await readState(api, options), wanted);
  });
}

/** Freezes the number of instances without deleting anything. */
export async function suspend(options: SagemakerOptions, context: ScalingContext): Promise<void> {
  await ScalingApi.use(options, context, async (api) => {
    const now = await readState(api, options);
    const change = new Change(api, context, options);
    if (now.settings.target) await change.limits(now, now.settings.target, allSuspended);
  });
}

/**
 * Makes everything as it was. Nothing scales meanwhile: the suspension is lifted last. Deregistering would delete all policies and
 * scheduled actions with the target: it is done only for a target that was not there before, and only when it holds none.
 */
export async function restore(
  options: SagemakerOptions,
  context: ScalingContext,
  snapshot: ScalingState,
): Promise<void> {
  const wanted = settingsFrom(snapshot.settings);
  await ScalingApi.use(options, context, async (api) => {
    const change = new Change(api, context, options);
    const now = await readState(api, options);
    requireSame(now, snapshot);
    if (isRestored(now, snapshot)) return;
    if (now.settings.target) await change.limits(now, now.settings.target, allSuspended);
    await change.deleteOthers(now, wanted);
    if (wanted.target) {
      await change.limits(await readState(api, options), wanted.target, allSuspended);
      await change.putPolicies(now, wanted);
      await change.putAlarms(await readState(api, options), wanted);
    } else await change.deregisterEmpty(await readState(api, options));
    await change.count(snapshot.instances.desired);
    if (wanted.target)
      await change.limits(await readState(api, options), wanted.target, wanted.target.SuspendedState);
  });
}

function requireSame({ resource }: ScalingState, snapshot: ScalingState): void {
  if (resource === snapshot.resource) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The snapshot is of ${snapshot.resource}, not of ${resource}. Nothing was put back.`,
    { hint: 'Use the configuration with which the scaling was changed.' },
  );
}

const isRestored = (now: SagemakerScalingState, snapshot: ScalingState) =>
  isDeepStrictEqual(now.settings, snapshot.settings) && now.instances.desired === snapshot.instances.desired;

/** In milliseconds; then longer and longer. */
const firstPause = 100;

/** Calls that change something, each of them only where something differs, and announced before. */
class Change {
  readonly #api: ScalingApi;
  readonly #context: ScalingContext;
  readonly #options: SagemakerOptions;

  constructor(api: ScalingApi, context: ScalingContext, options: SagemakerOptions) {
    this.#api = api;
    this.#context = context;
    this.#options = options;
  }

  async limits(
    { settings: { target: there } }: SagemakerScalingState,
    target: SagemakerScalingSettings['target'],
    suspended: NonNullable<SagemakerScalingSettings['target']>['SuspendedState'],
  ): Promise<void> {
    if (!target) return;
    const { MinCapacity, MaxCapacity } = target;
    const wanted = { MinCapacity, MaxCapacity, SuspendedState: suspended };
    if (isDeepStrictEqual(there, wanted)) return;
    const state = Object.values(suspended).some(Boolean) ? 'suspended' : 'active';
    await this.#announce(`limits ${MinCapacity} to ${MaxCapacity}, scaling ${state}`);
    await this.#api.register(wanted);
  }

  async putPolicies(
    { settings: { policies: there } }: SagemakerScalingState,
    { policies }: SagemakerScalingSettings,
  ): Promise<void> {
    for (const [name, policy] of Object.entries(policies)) {
      if (isDeepStrictEqual(there[name], policy)) continue;
      await this.#announce(`policy ${name}`);
      await this.#api.putPolicy(name, policyInput(policy));
    }
  }

  /** After the policies: alarms name them by their ARNs. */
  async putAlarms(
    { settings: { alarms: there }, arns }: SagemakerScalingState,
    { alarms }: SagemakerScalingSettings,
  ): Promise<void> {
    for (const [name, alarm] of Object.entries(alarms)) {
      if (isDeepStrictEqual(there[name], alarm)) continue;
      await this.#announce(`alarm ${name}`);
      await this.#api.putAlarm(alarmInput(name, alarm, arns));
    }
  }

  /** Alarms first: without its policy an alarm would not be found again. */
  async deleteOthers(
    { settings: there }: SagemakerScalingState,
    wanted: SagemakerScalingSettings,
  ): Promise<void> {
    const alarms = Object.keys(there.alarms).filter((name) => wanted.alarms[name] === undefined);
    if (alarms.length > 0) {
      await this.#announce(`delete the alarms ${alarms.join(', ')}`);
      await this.#api.deleteAlarms(alarms);
    }
    for (const name of Object.keys(there.policies)) {
      if (wanted.policies[name] !== undefined) continue;
      await this.#announce(`delete the policy ${name}`);
      await this.#api.deletePolicy(name);
    }
  }

  async deregisterEmpty({
    settings: { target, policies, scheduledActions },
  }: SagemakerScalingState): Promise<void> {
    if (!target || Object.keys(policies).length + Object.keys(scheduledActions).length > 0) return;
    await this.#announce('deregister the target, which was not there before');
    await this.#api.deregister();
  }

  async count(wanted: number): Promise<void> {
    let size = await this.#untilInService();
    if (size.instances.desired === wanted) return;
    await this.#announce(`${wanted} instances`);
    await this.#api.setCount(wanted);
    do size = await this.#untilInService();
    while (size.instances.current !== wanted);
  }

  /** An endpoint that is being changed takes no other change. */
  async #untilInService() {
    for (let pause = firstPause; ; pause *= 2) {
      const size = await readSize(this.#api, this.#options);
      if (!size.busy) return size;
      await delay(Math.min(pause, polling.milliseconds), undefined, { signal: this.#api.signal });
    }
  }

  async #announce(intent: string): Promise<void> {
    await this.#context.onChange?.(`${this.#api.resource.id}: ${intent}`);
  }
}

function policyInput({ PolicyType, configuration }: NormalPolicy) {
  const member =
    PolicyType === 'StepScaling'
      ? 'StepScalingPolicyConfiguration'
      : 'TargetTrackingScalingPolicyConfiguration';
  return { PolicyType, [member]: configuration } as Pick<PutScalingPolicyCommandInput, 'PolicyType'>;
}

function alarmInput(
  name: string,
  alarm: NormalAlarm,
  arns: Readonly<Record<string, string>>,
): PutMetricAlarmCommandInput {
  const { policies, otherActions, ...rest } = alarm;
  return {
    AlarmName: name,
    ...(rest as Omit<PutMetricAlarmCommandInput, 'AlarmName'>),
    AlarmActions: [...policies.flatMap((policy) => arns[policy] ?? []), ...otherActions],
  } as PutMetricAlarmCommandInput;
}
