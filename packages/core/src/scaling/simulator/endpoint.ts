import { Instances, type Admission } from './instances.js';
import { fastPeriod, MetricStore } from './metrics.js';
import type {
  NotScaledReason,
  ScalingAssumptions,
  ScalingRules,
  SimulatedActivity,
  SimulatedService,
} from './model.js';
import { Scaler } from './scaler.js';

/** What a {@link SimulatedEndpoint} is. */
export interface SimulatedEndpointOptions {
  readonly service: SimulatedService;
  readonly rules: ScalingRules;
  readonly assumptions: ScalingAssumptions;
  /** Instances at the start, which serve at once. */
  readonly instances: number;
  /** Of its random numbers: the same seed gives the same course. */
  readonly seed: number;
}

/**
 * An endpoint that scales, in seconds since its start. Whoever drives it says what time it is: a simulation as fast as it can, an
 * emulator with the clock of the machine. Times must not go backwards.
 */
export class SimulatedEndpoint {
  readonly #assumptions: ScalingAssumptions;
  readonly #instances: Instances;
  readonly #scaler: Scaler;
  readonly metrics: MetricStore;
  readonly activities: SimulatedActivity[] = [];
  #desired: number;
  #now = 0;
  #underWay: { readonly activity: SimulatedActivity; readonly endsAt: number } | undefined;

  constructor({ service, rules, assumptions, instances, seed }: SimulatedEndpointOptions) {
    this.#assumptions = assumptions;
    this.#instances = new Instances(service, seed);
    this.#instances.add(instances, 0, 0);
    this.#desired = instances;
    this.#scaler = new Scaler(rules, assumptions, 0);
    this.metrics = new MetricStore(assumptions);
    this.#keepWithinLimits();
  }

  get desired(): number {
    return this.#desired;
  }

  get serving(): number {
    return this.#instances.serving(this.#now);
  }

  get rules(): ScalingRules {
    return this.#scaler.rules;
  }

  /** True while a change of the number of instances is under way. */
  get busy(): boolean {
    return this.#underWay !== undefined;
  }

  get now(): number {
    return this.#now;
  }

  alarms(): ReturnType<Scaler['alarms']> {
    return this.#scaler.alarms();
  }

  /** Instance-seconds from the start, each instance from when it was ordered. */
  instanceSeconds(): number {
    return this.#instances.instanceSeconds(this.#now);
  }

  /** Limits act at once: a number of instances beyond them is changed. */
  setRules(rules: ScalingRules, at: number): void {
    this.advance(at);
    this.#scaler.setRules(rules, at);
    this.#keepWithinLimits();
  }

  /** By hand. */
  setDesired(to: number, at: number): void {
    this.advance(at);
    if (to !== this.#desired) this.#change(to, undefined);
  }

  /** @returns undefined when no instance takes the request. */
  admit(at: number): Admission | undefined {
    this.advance(at);
    const serving = this.#instances.serving(at);
    if (serving === 0) this.metrics.recordNoCapacity(at);
    const admission = this.#instances.admit(at);
    if (admission) this.metrics.recordTaken(at, admission.due, serving);
    return admission;
  }

  /** Lets everything happen that is due by then. */
  advance(to: number): void {
    let tick = (Math.floor(this.#now / fastPeriod) + 1) * fastPeriod;
    for (; tick <= to; tick += fastPeriod) {
      this.#endChange(tick);
      this.#now = tick;
      this.metrics.closeWindow(tick, this.#instances.serving(tick));
      this.#scaler.evaluate(tick, this.metrics, {
        desired: this.#desired,
        busy: this.busy,
        change: (capacity, policy) => this.#change(capacity, policy),
        note: (reason, policy) => this.#note(reason, policy),
      });
    }
    this.#endChange(to);
    this.#now = to;
  }

  #endChange(at: number): void {
    if (!this.#underWay || this.#underWay.endsAt > at) return;
    this.#underWay.activity.endedAt = this.#underWay.endsAt;
    this.#underWay = undefined;
  }

  #keepWithinLimits(): void {
    const { min, max } = this.#scaler.rules;
    const within = Math.min(Math.max(this.#desired, min), max);
    if (within !== this.#desired) this.#change(within, undefined);
  }

  #change(to: number, policy: string | undefined): SimulatedActivity {
    const from = this.#desired;
    const { startSeconds, stopSeconds } = this.#assumptions;
    const endsAt = this.#now + (to > from ? startSeconds : stopSeconds);
    if (to > from) this.#instances.add(to - from, this.#now, endsAt);
    else this.#instances.remove(from - to, this.#now);
    this.#desired = to;
    const activity: SimulatedActivity = { at: this.#now, policy, from, to };
    if (this.#underWay) this.#underWay.activity.endedAt = this.#now;
    this.#underWay = { activity, endsAt: Math.max(endsAt, this.#underWay?.endsAt ?? 0) };
    this.activities.push(activity);
    return activity;
  }

  #note(notScaled: NotScaledReason, policy: string): void {
    const last = this.activities.at(-1);
    if (last?.notScaled === notScaled && last.policy === policy) return;
    const { desired: from, desired: to } = this;
    this.activities.push({ at: this.#now, endedAt: this.#now, policy, from, to, notScaled });
  }
}
