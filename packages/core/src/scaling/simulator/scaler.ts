import { isDeepStrictEqual } from 'node:util';
import type { MetricStore } from './metrics.js';
import type {
  NotScaledReason,
  ScalingAssumptions,
  ScalingPolicy,
  ScalingRules,
  SimulatedActivity,
  StepScalingPolicy,
} from './model.js';
import { alarmsOf, evaluateAlarm, type PolicyAlarm } from './policy-alarm.js';

/** What changes the number of instances, on behalf of the scaler. */
export interface ScaledCapacity {
  readonly desired: number;
  /** True while an earlier change is under way. */
  readonly busy: boolean;
  change(to: number, policy: string): SimulatedActivity;
  note(reason: NotScaledReason, policy: string): void;
}

interface Tracked {
  readonly policy: ScalingPolicy;
  /** When it was put: its alarms begin anew. */
  readonly since: number;
  readonly alarms: readonly PolicyAlarm[];
}

interface Wish {
  readonly to: number;
  readonly policy: ScalingPolicy;
}

/**
 * Application Auto Scaling: alarms ask policies, the largest capacity wins, all that track a target must agree to go down, and
 * cooldowns do what their documentation says. Times in seconds.
 */
export class Scaler {
  readonly #assumptions: ScalingAssumptions;
  #rules: ScalingRules;
  #tracked: Tracked[] = [];
  #out: { readonly activity: SimulatedActivity; readonly cooldownSeconds: number } | undefined;
  #in: { readonly activity: SimulatedActivity; readonly cooldownSeconds: number } | undefined;

  constructor(rules: ScalingRules, assumptions: ScalingAssumptions, at: number) {
    this.#rules = rules;
    this.#assumptions = assumptions;
    this.setRules(rules, at);
  }

  get rules(): ScalingRules {
    return this.#rules;
  }

  /** A policy that stays as it is keeps its alarms. */
  setRules(rules: ScalingRules, at: number): void {
    this.#rules = rules;
    this.#tracked = rules.policies.map(
      (policy) =>
        this.#tracked.find((old) => isDeepStrictEqual(old.policy, policy)) ?? {
          policy,
          since: at,
          alarms: alarmsOf(policy, this.#assumptions),
        },
    );
  }

  alarms(): readonly { readonly policy: string; readonly alarm: Readonly<PolicyAlarm> }[] {
    return this.#tracked.flatMap(({ policy, alarms }) =>
      alarms.map((alarm) => ({ policy: policy.name, alarm })),
    );
  }

  /** Called every ten seconds. */
  evaluate(at: number, metrics: MetricStore, capacity: ScaledCapacity): void {
    for (const { alarms, since } of this.#tracked) {
      for (const alarm of alarms) {
        if (at % alarm.periodSeconds === 0) evaluateAlarm(alarm, at, since, metrics);
      }
    }
    const { desired } = capacity;
    const wishes = this.#tracked.flatMap((tracked) => this.#wishesOf(tracked, at, desired));
    const out = largest(wishes.filter(({ to }) => to > desired));
    if (out) {
      if (!this.#rules.suspended.out) this.#scaleOut(out, capacity);
      return;
    }
    const down = largest(this.#agreed(wishes.filter(({ to }) => to <= desired)));
    if (down && !this.#rules.suspended.in) this.#scaleIn(down, at, capacity);
  }

  #wishesOf({ policy, alarms }: Tracked, at: number, desired: number): Wish[] {
    const basis = this.#basis(at, desired);
    return alarms.flatMap((alarm) => {
      if (alarm.state !== 'ALARM' || at - alarm.askedAt < this.#assumptions.repeatSeconds) return [];
      const to = wanted(policy, alarm, basis, desired);
      if (to === undefined || (alarm.direction === 'out' && to <= desired)) return [];
      alarm.askedAt = at;
      return [{ to, policy }];
    });
  }

  /**
   * From what a scale-out counts. As long as the cooldown of the last one lasts, from what there was before it: what it added counts
   * as a part of what is wanted now, and only a larger one acts.
   */
  #basis(at: number, desired: number): number {
    if (!this.#out) return desired;
    const { activity, cooldownSeconds } = this.#out;
    const isOver = activity.endedAt !== undefined && at >= activity.endedAt + cooldownSeconds;
    return isOver ? desired : activity.from;
  }

  /** Target tracking goes down only when all of those policies that may say so. */
  #agreed(wishes: readonly Wish[]): readonly Wish[] {
    const tracking = this.#rules.policies.filter(
      (policy) => policy.type === 'target-tracking' && !policy.disableScaleIn,
    );
    const inAlarm = this.#tracked.filter(
      ({ policy, alarms }) =>
        tracking.includes(policy) &&
        alarms.some(({ direction, state }) => direction === 'in' && state === 'ALARM'),
    );
    if (inAlarm.length === tracking.length) return wishes;
    return wishes.filter(({ policy }) => policy.type === 'step');
  }

  #scaleOut({ to, policy }: Wish, capacity: ScaledCapacity): void {
    const { desired } = capacity;
    const goal = Math.min(to, this.#rules.max);
    if (goal <= desired) {
      if (desired >= this.#rules.max) capacity.note('AlreadyAtMaxCapacity', policy.name);
      return;
    }
    if (this.#refused(capacity, policy)) return;
    this.#in = undefined;
    this.#out = { activity: capacity.change(goal, policy.name), cooldownSeconds: cooldown(policy, 'out') };
  }

  #scaleIn({ to, policy }: Wish, at: number, capacity: ScaledCapacity): void {
    const goal = Math.max(to, this.#rules.min);
    if (goal >= capacity.desired) {
      const isLeast = capacity.desired <= this.#rules.min;
      capacity.note(isLeast ? 'AlreadyAtMinCapacity' : 'AlreadyAtDesiredCapacity', policy.name);
      return;
    }
    const ended = this.#in?.activity.endedAt;
    if (this.#in && (ended === undefined || at < ended + this.#in.cooldownSeconds)) return;
    if (this.#refused(capacity, policy)) return;
    this.#in = { activity: capacity.change(goal, policy.name), cooldownSeconds: cooldown(policy, 'in') };
  }

  #refused(capacity: ScaledCapacity, policy: ScalingPolicy): boolean {
    if (!capacity.busy || this.#assumptions.scalesWhileUpdating) return false;
    capacity.note('TargetServicePutResourceAsUnscalable', policy.name);
    return true;
  }
}

function largest(wishes: readonly Wish[]): Wish | undefined {
  return wishes.reduce<Wish | undefined>(
    (best, wish) => (!best || wish.to > best.to ? wish : best),
    undefined,
  );
}

function cooldown(policy: ScalingPolicy, direction: 'in' | 'out'): number {
  if (policy.type === 'step') return policy.cooldownSeconds;
  return direction === 'in' ? policy.scaleInCooldownSeconds : policy.scaleOutCooldownSeconds;
}

/** In proportion, rounded so as to keep too much rather than too little. Nothing can be said of no instance. */
function trackedCapacity({ value }: PolicyAlarm, target: number, desired: number): number | undefined {
  if (value === undefined || desired === 0) return undefined;
  return Math.ceil((desired * value) / target - 1e-9);
}

/** @param basis from what a scale-out counts; a scale-in counts from what there is. */
function wanted(
  policy: ScalingPolicy,
  alarm: PolicyAlarm,
  basis: number,
  desired: number,
): number | undefined {
  if (policy.type === 'target-tracking') {
    return trackedCapacity(alarm, policy.target, alarm.direction === 'out' ? basis : desired);
  }
  const out = stepCapacity(policy, alarm, basis);
  if (policy.adjustment === 'exact' || out === undefined || out > basis) return out;
  return stepCapacity(policy, alarm, desired);
}

function stepCapacity(
  policy: StepScalingPolicy,
  { value, missing, threshold }: PolicyAlarm,
  desired: number,
): number | undefined {
  if (value === undefined && missing !== 'breaching') return undefined;
  const distance = (value ?? 0) - threshold;
  const step = policy.steps.find(
    ({ lower = -Infinity, upper = Infinity }) => distance >= lower && distance < upper,
  );
  if (!step) return undefined;
  const { adjust } = step;
  if (policy.adjustment === 'exact') return adjust;
  const size = policy.adjustment === 'percent' ? wholePercent(desired, adjust) : adjust;
  const change = Math.sign(adjust) * Math.max(Math.abs(size), policy.minimumChange);
  return Math.max(0, desired + change);
}

/** Percentages between 0 and 1 become 1; others are cut off. */
function wholePercent(desired: number, percent: number): number {
  const size = (desired * percent) / 100;
  if (size === 0) return 0;
  return Math.abs(size) < 1 ? Math.sign(size) : Math.trunc(size);
}
