/** What an instance is, in seconds. */
export interface SimulatedService {
  /** Mean time that a request takes its slot. */
  readonly serviceSeconds: number;
  readonly distribution: 'constant' | 'exponential' | 'log-normal';
  /** Requests that one instance serves at once. */
  readonly slots: number;
  /** Requests that may wait at one instance; the next one is refused. */
  readonly queueLimit: number;
  /** A request that would have to wait longer fails after this time, without having been served. */
  readonly timeoutSeconds: number;
  /** `even`: to the instance that is free first. `random`: to any, as SageMaker does unless it is configured otherwise. */
  readonly routing: 'even' | 'random';
}

/** Requests a second that one instance serves at most. */
export const instanceRate = ({ slots, serviceSeconds }: SimulatedService): number => slots / serviceSeconds;

/** `invocations`: a minute and instance. `concurrency`: requests in an instance, waiting ones included. `no-capacity`: refused for want of any instance. */
export type ScalingMetric = 'invocations' | 'concurrency' | 'no-capacity';

export interface TargetTrackingPolicy {
  readonly type: 'target-tracking';
  readonly name: string;
  readonly metric: 'invocations' | 'concurrency';
  readonly target: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  readonly disableScaleIn: boolean;
}

export interface StepScalingPolicy {
  readonly type: 'step';
  readonly name: string;
  readonly alarm: StepAlarm;
  readonly adjustment: 'change' | 'percent' | 'exact';
  /** Bounds are distances from the threshold of the alarm; undefined: without end. */
  readonly steps: readonly { readonly lower?: number; readonly upper?: number; readonly adjust: number }[];
  readonly minimumChange: number;
  readonly cooldownSeconds: number;
}

export interface StepAlarm extends AlarmRule {
  readonly metric: ScalingMetric;
  readonly threshold: number;
  readonly comparison: 'above' | 'at-least' | 'below' | 'at-most';
  readonly missing: 'missing' | 'breaching' | 'not-breaching' | 'ignore';
}

export type ScalingPolicy = TargetTrackingPolicy | StepScalingPolicy;

export interface ScalingRules {
  readonly min: number;
  readonly max: number;
  readonly policies: readonly ScalingPolicy[];
  readonly suspended: { readonly in: boolean; readonly out: boolean };
}

/** An alarm: so many of the last points, of this length, must be beyond the threshold. */
export interface AlarmRule {
  readonly periodSeconds: number;
  readonly datapoints: number;
  readonly of: number;
}

/** What the service does, where its documentation says, and what is assumed, where it does not. */
export interface ScalingAssumptions {
  /** From the decision to an instance that serves. SageMaker documents none: 4 to 10 min are usual. */
  readonly startSeconds: number;
  /** From the decision to an endpoint that is in service again with fewer instances. */
  readonly stopSeconds: number;
  /** From the end of a point of one minute to when alarms see it. */
  readonly publicationSeconds: number;
  /** The same for a point of ten seconds. */
  readonly fastPublicationSeconds: number;
  /** The alarms that target tracking makes: seen by users, and not to be changed. */
  readonly scaleOutAlarm: AlarmRule;
  readonly scaleInAlarm: AlarmRule;
  /** Of a metric with points of ten seconds. Its numbers are not published. */
  readonly fastScaleOutAlarm: AlarmRule;
  /** Share of the target below which the alarm for scaling in begins. */
  readonly scaleInShare: number;
  /** How often an alarm that lasts asks its policy again. */
  readonly repeatSeconds: number;
  /** Whether an endpoint can be scaled again while an earlier change is under way. SageMaker's cannot. */
  readonly scalesWhileUpdating: boolean;
  /** What the metrics say while there is no request: nothing, or zero. */
  readonly silence: 'no-data' | 'zero';
}

export const defaultAssumptions: ScalingAssumptions = {
  startSeconds: 300,
  stopSeconds: 60,
  publicationSeconds: 120,
  fastPublicationSeconds: 30,
  scaleOutAlarm: { periodSeconds: 60, datapoints: 3, of: 3 },
  scaleInAlarm: { periodSeconds: 60, datapoints: 15, of: 15 },
  fastScaleOutAlarm: { periodSeconds: 10, datapoints: 3, of: 3 },
  scaleInShare: 0.9,
  repeatSeconds: 60,
  scalesWhileUpdating: false,
  silence: 'no-data',
};

/** Why nothing was changed, in the words of Application Auto Scaling. */
export type NotScaledReason =
  | 'AlreadyAtMaxCapacity'
  | 'AlreadyAtMinCapacity'
  | 'AlreadyAtDesiredCapacity'
  | 'TargetServicePutResourceAsUnscalable';

/** A change of the number of instances, or why there was none. Times in seconds since the start. */
export interface SimulatedActivity {
  readonly at: number;
  /** Undefined as long as it is under way. */
  endedAt?: number;
  /** Undefined: somebody changed the number by hand, or the limits did. */
  readonly policy: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly notScaled?: NotScaledReason;
}
