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

/** Keeps a metric near a value: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html */
export interface TargetTrackingPolicy {
  readonly type: 'target-tracking';
  readonly name: string;
  readonly metric: 'invocations' | 'concurrency';
  /** In the unit of the metric, see {@link ScalingMetric}. */
  readonly target: number;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
  /** Whether it adds instances alone, and never takes one away. */
  readonly disableScaleIn: boolean;
}

/** Changes the number of instances by how far a metric is beyond the threshold of an alarm. */
export interface StepScalingPolicy {
  readonly type: 'step';
  readonly name: string;
  readonly alarm: StepAlarm;
  /** What `adjust` of a step is: instances more or less, percent of those there are, or how many there are to be. */
  readonly adjustment: 'change' | 'percent' | 'exact';
  /** Bounds are distances from the threshold of the alarm; undefined: without end. */
  readonly steps: readonly { readonly lower?: number; readonly upper?: number; readonly adjust: number }[];
  /** Instances that a change by percent adds or takes at least. */
  readonly minimumChange: number;
  readonly cooldownSeconds: number;
}

/** The alarm that asks a {@link StepScalingPolicy}. */
export interface StepAlarm extends AlarmRule {
  readonly metric: ScalingMetric;
  /** In the unit of the metric. */
  readonly threshold: number;
  readonly comparison: 'above' | 'at-least' | 'below' | 'at-most';
  /** What a point without data counts as, as CloudWatch's `TreatMissingData`. */
  readonly missing: 'missing' | 'breaching' | 'not-breaching' | 'ignore';
}

/** One rule by which the number of instances follows a metric. */
export type ScalingPolicy = TargetTrackingPolicy | StepScalingPolicy;

/** All that scales an endpoint. */
export interface ScalingRules {
  /** Fewest and most instances. */
  readonly min: number;
  readonly max: number;
  readonly policies: readonly ScalingPolicy[];
  /** Which directions are switched off: `in` takes instances away, `out` adds them. */
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

/** Those of SageMaker: what is documented, and what is usual where nothing is. */
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
