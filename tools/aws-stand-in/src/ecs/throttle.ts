/**
 * Calls of ECS share their limits: docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html (2026).
 * Those of CloudWatch Logs: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html, in the regions with the lowest.
 */
const groups: readonly { actions: RegExp; burst: number; perSecond: number }[] = [
  { actions: /^(Create|Delete|Update)Cluster$/, burst: 20, perSecond: 1 },
  { actions: /^(Register|Deregister)TaskDefinition$/, burst: 20, perSecond: 1 },
  { actions: /^DeleteTaskDefinitions$/, burst: 5, perSecond: 1 },
  { actions: /^(Create|Update|Delete)Service$/, burst: 50, perSecond: 5 },
  {
    actions: /^(RunTask|StartTask|StopTask|DeregisterContainerInstance|PutAttributes)$/,
    burst: 100,
    perSecond: 40,
  },
  { actions: /^(RegisterContainerInstance|Submit.*)$/, burst: 200, perSecond: 120 },
  { actions: /^DescribeClusters$/, burst: 50, perSecond: 20 },
  { actions: /^FilterLogEvents$/, burst: 5, perSecond: 5 },
  { actions: /^(Tag|Untag)Resource$/, burst: 20, perSecond: 10 },
  { actions: /^(Describe|List)/, burst: 100, perSecond: 20 },
];

/** Those of Fargate besides: calls of RunTask, and the tasks that they start. */
const ofFargate: readonly { burst: number; perSecond: number; cost: (input: Input) => number }[] = [
  { burst: 20, perSecond: 20, cost: () => 1 },
  { burst: 100, perSecond: 20, cost: ({ count }) => Number(count ?? 1) },
];

type Input = Readonly<Record<string, unknown>>;

interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
  left: number;
  at: number;
}

/** Buckets of calls that fill up again. */
export class Throttle {
  readonly #now: () => number;
  readonly #ofActions: readonly Bucket[];
  readonly #ofFargate: readonly Bucket[];

  /** @param now a clock, in milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
    const full = ({ burst, perSecond }: Pick<Bucket, 'burst' | 'perSecond'>): Bucket => ({
      ...{ burst, perSecond, left: burst, at: now() },
    });
    this.#ofActions = groups.map(full);
    this.#ofFargate = ofFargate.map(full);
  }

  /** @returns false when the call is one too many. */
  takes(action: string, input: Input = {}): boolean {
    const group = this.#ofActions[groups.findIndex(({ actions }) => actions.test(action))];
    const costs: (readonly [Bucket, number])[] = group ? [[group, 1]] : [];
    if (action === 'RunTask' && isOnFargate(input)) {
      costs.push(...this.#ofFargate.map((bucket, index) => [bucket, ofFargate[index]!.cost(input)] as const));
    }
    for (const [bucket] of costs) this.#fill(bucket);
    if (costs.some(([{ left }, cost]) => left < cost)) return false;
    for (const [bucket, cost] of costs) bucket.left -= cost;
    return true;
  }

  #fill(bucket: Bucket): void {
    const time = this.#now();
    bucket.left = Math.min(bucket.burst, bucket.left + ((time - bucket.at) / 1000) * bucket.perSecond);
    bucket.at = time;
  }
}

/** Does RunTask start tasks on Fargate? */
export function isOnFargate({ launchType, capacityProviderStrategy }: Input): boolean {
  return launchType === 'FARGATE' || capacityProviderStrategy !== undefined;
}
