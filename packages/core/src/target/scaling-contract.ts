import type { JsonObject } from '../values/json.js';
import type { TargetContext } from './context.js';

/** What scales an endpoint, and how large it is now. Reading it changes nothing. */
export interface ScalingState {
  /** What is scaled, as the service names it: `endpoint/fraud/variant/AllTraffic`. */
  readonly resource: string;
  /** Instances, copies or units of provisioned concurrency. */
  readonly instances: { readonly current: number; readonly desired: number };
  /**
   * Everything about the scaling that can be put back, in a normal form: members that were left out have their defaults, lists
   * are in a fixed order, and there is nothing that the service makes up by itself (ARNs, times). Two states are the same when
   * `settings` and `instances.desired` are. Empty: nothing scales the endpoint.
   */
  readonly settings: JsonObject;
  /** True while the settings have no effect, because somebody suspended them. */
  readonly suspended: boolean;
  /** What else changes the number of instances, in a sentence each. Whoever finds one must not change anything. */
  readonly otherScalers: readonly string[];
  /**
   * What of the settings works against each other, in a sentence each: a second policy. Suspending stops all of it; nobody sets or
   * verifies a scaling beside it. Absent: nothing.
   */
  readonly conflicts?: readonly string[];
  /** True while the service itself is changing the endpoint: no change is possible now. */
  readonly busy: boolean;
}

/** What one instance holds, as a calibration found it. */
export interface InstanceCapacity {
  /** Highest rate at which the objective held, in requests a second: it lies between `low` and `high`. */
  readonly requestsPerSecond: { readonly low: number; readonly high: number };
  /** Mean time that a request takes without waiting, in seconds. */
  readonly serviceSeconds?: number;
  /** Requests in the instance at that rate, by Little's law. */
  readonly concurrency?: number;
}

/** The load that the scaling must carry. */
export interface ScalingDemand {
  /** Highest rate, in requests a second. */
  readonly peakPerSecond: number;
  /** Rate before the ramp, in requests a second. */
  readonly basePerSecond: number;
  /** Time from the base to the peak, in seconds. */
  readonly rampSeconds: number;
  /** Time from the load that is too high to its detection, in seconds. */
  readonly detectionSeconds: number;
  /** Time from the decision to an instance that serves, in seconds. */
  readonly startSeconds: number;
  /** Whether no instance at all may remain while there is no load. */
  readonly fromZero?: boolean;
}

/** What to set, and why. */
export interface ScalingRecommendation {
  /** For {@link ScalingDefinition.apply}: in the form of {@link ScalingState.settings}. */
  readonly settings: JsonObject;
  /** A row each: the name of a setting, its value, and its reason in a sentence. */
  readonly rows: readonly ScalingReason[];
  /** The same as commands and code, by format: `cli`, `cloudformation`, `cdk`, `terraform`, `json`. */
  readonly formats: Readonly<Record<string, string>>;
  /** What people should know beside it. */
  readonly notes: readonly string[];
  /** What it costs against alternatives. Absent: that is not known. */
  readonly costs?: ScalingCosts;
}

/** Ways to scale against each other, with the lower end of the capacity. */
export interface ScalingCosts {
  /** What is counted and paid, in the plural, for people: `instances`, `units of concurrency`. */
  readonly units: string;
  /** What one of them holds, in requests a second. */
  readonly requestsPerUnit: number;
  /** The recommended one first; always the same ones in the same order. */
  readonly ways: readonly ScalingWay[];
}

/** One way to scale, and how many units it needs. */
export interface ScalingWay {
  readonly name: string;
  /** How many units there are, before the ramp and at the peak. */
  readonly instances: readonly [base: number, peak: number];
}

/** A setting that is recommended, for people. */
export interface ScalingReason {
  readonly name: string;
  /** With its unit: `8/s`. */
  readonly value: string;
  /** In a sentence. */
  readonly reason: string;
}

/** What happened to the number of instances. */
export interface ScalingActivity {
  /** Start, in milliseconds since 1970. */
  readonly at: number;
  readonly status: 'pending' | 'in-progress' | 'successful' | 'failed' | 'not-scaled';
  /** What the service says of it. */
  readonly description: string;
  readonly cause: string;
  /** Why nothing was changed, in the words of the service: `AlreadyAtMaxCapacity`. */
  readonly notScaledReasons?: readonly string[];
}

/** How many instances there are now, and what changed their number. */
export interface ScalingObservation {
  readonly instances: ScalingState['instances'];
  /** Newest first. */
  readonly activities: readonly ScalingActivity[];
}

/** What surrounds a call that changes the scaling. */
export interface ScalingContext extends TargetContext {
  /** Called with a line before each call that changes something: what is about to be changed. */
  onChange?(intent: string): void | Promise<void>;
}

/** What the scaling of a service should be. */
export interface ScalingAdvice<Options = unknown> {
  /** A pure function. `found` is what is there, where it is known: what can keep its name does. */
  recommend(
    options: Options,
    capacity: InstanceCapacity,
    demand: ScalingDemand,
    found?: ScalingState,
  ): ScalingRecommendation;
}

/**
 * How the number of a service's instances follows the load. All but `recommend` use the network. A member that changes
 * something can be called again after it failed in the middle, and comes to the same end.
 */
export interface ScalingDefinition<Options = unknown> extends ScalingAdvice<Options> {
  /**
   * The parts of a name of the endpoint that no other option changes: by it the snapshot of a change is found again. Without a call.
   * Absent: the labels of the target, which then must not say how its requests are written.
   */
  nameParts?(options: Options): readonly string[];
  describe(options: Options, context: TargetContext): Promise<ScalingState>;
  /**
   * Makes the settings those that are given. `found` is what is there. Settings in another form than `describe` gives are refused
   * with `CONFIG_INVALID`, before anything is changed.
   */
  apply(options: Options, context: ScalingContext, settings: JsonObject, found: ScalingState): Promise<void>;
  /**
   * Makes everything as it was: settings, suspension, and the number of instances. Deletes only what the snapshot does not
   * hold, and never what would delete something else with it. A snapshot of another resource, or in another form, is refused with
   * `CONFIG_INVALID`, before anything is changed.
   */
  restore(options: Options, context: ScalingContext, snapshot: ScalingState): Promise<void>;
  /** How many instances there are, and what happened since a time in milliseconds since 1970. */
  observe(options: Options, context: TargetContext, since: number): Promise<ScalingObservation>;
  /**
   * Keeps the number of instances as it is, without removing a setting. {@link ScalingDefinition.restore} with the state from
   * before undoes it.
   */
  suspend(options: Options, context: ScalingContext): Promise<void>;
}
