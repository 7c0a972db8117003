import type { TargetDefinition } from '../target/contract.js';
import type { FamilySkew, MetricSummary, Problem } from './summary.js';

interface Family {
  /** `entry_node_*` */
  readonly name: string;
  readonly prefix: string;
  readonly description: string;
  readonly members: readonly Member[];
}

interface Member {
  readonly name: string;
  readonly count: number;
}

/** What is known of the spread of counters. */
export interface Skews {
  /** By the name of the family. */
  readonly known: Readonly<Record<string, FamilySkew>>;
  /** Names of all families that have counted anything: `entry_node_*`. */
  readonly families: readonly string[];
  /** A note on each family of which it cannot be told. */
  readonly notes: readonly Problem[];
}

/**
 * How unevenly counters of the same family are spread. A family with fewer than two members has no skew, nor has one whose member
 * `others` holds several. A family within another, `entry_node_id_*`, counts what has no name in the outer one: where both have
 * counted, one thing may be in both, and neither has a skew.
 *
 * @param declared What the target measures.
 * @param measured The metrics of all requests.
 */
export function skewsOf(
  declared: TargetDefinition['metrics'] = {},
  measured: Readonly<Record<string, MetricSummary>>,
): Skews {
  const families = familiesOf(declared, measured);
  const isWithin = (inner: Family, outer: Family) => inner !== outer && inner.prefix.startsWith(outer.prefix);
  const pairs = families.flatMap((outer) =>
    families.filter((inner) => isWithin(inner, outer)).map((inner) => [outer, inner] as const),
  );
  const mixed = new Set(pairs.flat());
  return {
    families: families.map(({ name }) => name).sort(),
    known: Object.fromEntries(
      families
        .filter((family) => !mixed.has(family))
        .flatMap((family) => {
          const skew = skewOf(family);
          return skew ? [[family.name, skew]] : [];
        }),
    ),
    notes: pairs.map(([outer, inner]) => ({
      rule: 'skew',
      reason:
        `The skew of ${outer.name} is unknown: it has ${outer.members.length} members, and ${inner.name} has ` +
        `${inner.members.length}, which may be the same ones. ${inner.name}: ${inner.description}`,
    })),
  };
}

/** Those that have counted anything. A member belongs to the innermost family. */
function familiesOf(
  declared: NonNullable<TargetDefinition['metrics']>,
  measured: Readonly<Record<string, MetricSummary>>,
): Family[] {
  const prefixes = Object.entries(declared)
    .filter(([name, { kind }]) => kind === 'counter' && name.endsWith('*'))
    .map(([name]) => name.slice(0, -1))
    .sort((one, other) => other.length - one.length);
  const counters = Object.entries(measured).flatMap(([name, summary]) =>
    'count' in summary && summary.count > 0 && !Object.hasOwn(declared, name)
      ? [{ name, count: summary.count, prefix: prefixes.find((prefix) => name.startsWith(prefix)) }]
      : [],
  );
  return prefixes
    .map((prefix) => ({
      ...{ name: `${prefix}*`, prefix, description: declared[`${prefix}*`]!.description },
      members: counters.filter((counter) => counter.prefix === prefix),
    }))
    .filter(({ members }) => members.length > 0);
}

function skewOf({ prefix, members }: Family): FamilySkew | undefined {
  if (members.length < 2 || members.some(({ name }) => name === `${prefix}others`)) return undefined;
  const mean = members.reduce((sum, { count }) => sum + count, 0) / members.length;
  const { name, count } = members.reduce((most, one) => (one.count > most.count ? one : most));
  return { members: members.length, mean, largest: { name, count }, skew: count / mean };
}
