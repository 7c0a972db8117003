import type { TargetDefinition } from '../target/contract.js';
import type { FamilySkew, MetricSummary } from './summary.js';

/**
 * How unevenly counters of the same family are spread, by the family's name: `entry_node_*`. A family with fewer than two
 * members has none, nor has one whose member `others` holds several.
 *
 * @param declared What the target measures.
 * @param measured The metrics of all requests.
 */
export function skewsOf(
  declared: TargetDefinition['metrics'] = {},
  measured: Readonly<Record<string, MetricSummary>>,
): Readonly<Record<string, FamilySkew>> {
  const families = Object.entries(declared).filter(
    ([name, { kind }]) => kind === 'counter' && name.endsWith('*'),
  );
  return Object.fromEntries(
    families.flatMap(([family]) => {
      const prefix = family.slice(0, -1);
      const members = Object.entries(measured).flatMap(([name, summary]) =>
        name.startsWith(prefix) && !Object.hasOwn(declared, name) && 'count' in summary
          ? [{ name, count: summary.count }]
          : [],
      );
      if (members.length < 2 || members.some(({ name }) => name === `${prefix}others`)) return [];
      const mean = members.reduce((sum, { count }) => sum + count, 0) / members.length;
      const largest = members.reduce((most, one) => (one.count > most.count ? one : most));
      return mean > 0
        ? [[family, { members: members.length, mean, largest, skew: largest.count / mean }]]
        : [];
    }),
  );
}
