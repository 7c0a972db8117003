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
  { actions: /^DescribeClusters$/, burst: 50, perSecond: 20 },
  { actions: /^FilterLogEvents$/, burst: 5, perSecond: 5 },
  { actions: /^(Tag|Untag)Resource$/, burst: 20, perSecond: 10 },
  { actions: /^(Describe|List)/, burst: 100, perSecond: 20 },
];

/** Buckets of calls that fill up again. */
export class Throttle {
  readonly #buckets = groups.map(({ burst }) => ({ left: burst, at: performance.now() }));

  /** @returns false when the call is one too many. */
  takes(action: string): boolean {
    const index = groups.findIndex(({ actions }) => actions.test(action));
    const [group, bucket] = [groups[index], this.#buckets[index]];
    if (!group || !bucket) return true;
    const time = performance.now();
    bucket.left = Math.min(group.burst, bucket.left + ((time - bucket.at) / 1000) * group.perSecond);
    bucket.at = time;
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}
