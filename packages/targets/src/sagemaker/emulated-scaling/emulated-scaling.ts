import { createHash } from 'node:crypto';
import { parseDuration } from '@loadwright/core/target';
import {
  defaultAssumptions,
  SimulatedEndpoint,
  type SimulatedActivity,
  type SimulatedService,
} from '@loadwright/core/scaling';
import type { CapacityOptions } from '@loadwright/core/testing';
import type { ScalingOptions } from './options.js';
import { rulesOf, type PutAlarm, type PutPolicy, type RegisteredTarget } from './rules.js';

export interface EmulatedScalingOptions extends ScalingOptions, CapacityOptions {
  readonly endpointName: string;
  readonly variant: string;
  readonly region: string;
}

/** What the alarms of target tracking look at. */
const metricNames = {
  instances: { invocations: 'InvocationsPerInstance', concurrency: 'ConcurrentRequestsPerModel' },
  copies: { invocations: 'InvocationsPerCopy', concurrency: 'ConcurrentRequestsPerCopy' },
} as const;

/**
 * The scaling of one endpoint, driven by the simulator of `@loadwright/core/scaling` with the clock of this machine, or faster.
 * What users set is kept as they said it; what the simulator needs is made from that.
 */
export class EmulatedScaling {
  readonly endpointName: string;
  readonly variant: string;
  readonly region: string;
  readonly resourceId: string;
  readonly dimension: string;
  /** Its copies scale; undefined: the instances of the variant do. */
  readonly inferenceComponent: string | undefined;
  readonly managedInstanceScaling: boolean;
  target: RegisteredTarget | undefined;
  readonly policies = new Map<string, PutPolicy>();
  readonly alarms = new Map<string, PutAlarm>();
  readonly scheduledActions = new Map<string, object>();
  readonly endpoint: SimulatedEndpoint;
  readonly #timeScale: number;
  readonly #startedAt = performance.now();
  readonly #startedOn = Date.now();

  constructor(options: EmulatedScalingOptions) {
    const { endpointName, variant, region, timeScale, managedInstanceScaling } = options;
    this.endpointName = endpointName;
    this.variant = variant;
    this.region = region;
    const { inferenceComponent: component } = options;
    this.inferenceComponent = component;
    this.resourceId =
      component === undefined
        ? `endpoint/${endpointName}/variant/${variant}`
        : `inference-component/${component}`;
    this.dimension =
      component === undefined
        ? 'sagemaker:variant:DesiredInstanceCount'
        : 'sagemaker:inference-component:DesiredCopyCount';
    this.managedInstanceScaling = managedInstanceScaling;
    this.#timeScale = timeScale;
    const service: SimulatedService = {
      serviceSeconds: parseDuration(options.serviceTime)!,
      distribution: options.distribution,
      slots: options.concurrency,
      queueLimit: options.queueLimit,
      timeoutSeconds: 60,
      routing: 'even',
    };
    this.endpoint = new SimulatedEndpoint({
      ...{ service, instances: options.instances, seed: options.seed },
      rules: rulesOf(undefined, [], []),
      assumptions: {
        ...defaultAssumptions,
        startSeconds: parseDuration(options.startTime)!,
        stopSeconds: parseDuration(options.stopTime)!,
        publicationSeconds: parseDuration(options.publication)!,
      },
    });
  }

  /** Seconds of the service since it started. */
  seconds(at = performance.now()): number {
    return ((at - this.#startedAt) / 1000) * this.#timeScale;
  }

  /** When a request that arrives now is answered, by `performance.now()`; undefined when no instance takes it. */
  admit(at: number): number | undefined {
    const now = Math.max(this.endpoint.now, this.seconds(at));
    const admission = this.endpoint.admit(now);
    if (!admission?.served) return undefined;
    return at + ((admission.due - now) / this.#timeScale) * 1000;
  }

  size() {
    this.#advance();
    const { serving, desired, busy } = this.endpoint;
    return { serving, desired, busy };
  }

  setDesired(count: number): void {
    this.endpoint.setDesired(count, this.#now());
  }

  /** To be called after target, policies or alarms were changed. */
  changed(): void {
    const rules = rulesOf(this.target, [...this.policies.values()], [...this.alarms.values()]);
    this.endpoint.setRules(rules, this.#now());
  }

  /** Those that somebody put, and those that target tracking makes by itself. */
  allAlarms(): (PutAlarm & { readonly StateValue: string })[] {
    this.#advance();
    const states = this.endpoint.alarms();
    const own = [...this.policies.values()].flatMap((policy) => {
      if (!policy.TargetTrackingScalingPolicyConfiguration) return [];
      return states
        .filter((state) => state.policy === policy.PolicyName)
        .map(({ alarm }) => ({
          AlarmName: this.#alarmName(policy, alarm.direction),
          AlarmActions: [policy.PolicyARN],
          Namespace: 'AWS/SageMaker',
          MetricName:
            metricNames[this.inferenceComponent === undefined ? 'instances' : 'copies'][
              alarm.metric === 'invocations' ? 'invocations' : 'concurrency'
            ],
          Threshold: alarm.threshold,
          ComparisonOperator: alarm.direction === 'out' ? 'GreaterThanThreshold' : 'LessThanThreshold',
          Period: alarm.periodSeconds,
          EvaluationPeriods: alarm.of,
          DatapointsToAlarm: alarm.datapoints,
          StateValue: alarm.state,
        }));
    });
    const stateOf = ({ AlarmActions = [] }: PutAlarm) => {
      const policy = [...this.policies.values()].find(({ PolicyARN }) => AlarmActions.includes(PolicyARN));
      return states.find((state) => state.policy === policy?.PolicyName)?.alarm.state ?? 'INSUFFICIENT_DATA';
    };
    return [...own, ...[...this.alarms.values()].map((alarm) => ({ ...alarm, StateValue: stateOf(alarm) }))];
  }

  alarmsOfPolicy(arn: string): { readonly AlarmName: string; readonly AlarmARN: string }[] {
    return this.allAlarms()
      .filter(({ AlarmActions = [] }) => AlarmActions.includes(arn))
      .map(({ AlarmName }) => ({
        AlarmName,
        AlarmARN: `arn:aws:cloudwatch:${this.region}:123456789012:alarm:${AlarmName}`,
      }));
  }

  /** Newest first, in the words of Application Auto Scaling. */
  activities(withReasons: boolean, where: object): object[] {
    this.#advance();
    return this.endpoint.activities
      .filter(({ notScaled, policy }) => policy !== undefined && (withReasons || notScaled === undefined))
      .map((activity, index) => ({ ...where, ActivityId: `activity-${index}`, ...this.#describe(activity) }))
      .toReversed();
  }

  #describe({ at, endedAt, from, to, policy, notScaled }: SimulatedActivity): object {
    const time = (seconds: number) => (this.#startedOn + (seconds / this.#timeScale) * 1000) / 1000;
    const common = { Cause: `monitor alarm triggered policy ${policy}`, StartTime: time(at) };
    if (notScaled !== undefined) {
      return {
        ...common,
        ...{
          Description: `Attempting to scale due to alarm triggered`,
          StatusCode: 'Failed',
          EndTime: time(at),
        },
        NotScaledReasons: [{ Code: notScaled, CurrentCapacity: from }],
      };
    }
    return {
      ...common,
      Description: `Setting desired ${this.inferenceComponent === undefined ? 'instance' : 'copy'} count to ${to}.`,
      StatusCode: endedAt === undefined ? 'InProgress' : 'Successful',
      ...(endedAt !== undefined && { EndTime: time(endedAt) }),
    };
  }

  #alarmName({ PolicyARN }: PutPolicy, direction: string): string {
    const id = createHash('sha256')
      .update(PolicyARN + direction)
      .digest('hex')
      .slice(0, 12);
    return `TargetTracking-${this.resourceId}-${direction === 'out' ? 'AlarmHigh' : 'AlarmLow'}-${id}`;
  }

  #now(): number {
    return Math.max(this.endpoint.now, this.seconds());
  }

  #advance(): void {
    this.endpoint.advance(this.#now());
  }
}
