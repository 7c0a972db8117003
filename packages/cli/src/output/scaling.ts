import type { FrontierRow, ScalingDifference } from '@loadwright/core/scaling';
import { formatFigure, formatInstant, formatNumber } from '@loadwright/core/report';
import type { ScalingActivity, ScalingRecommendation, ScalingState } from '@loadwright/core/target';
import type { Colors } from './colors.js';
import { factFormatter, formatTable } from './table.js';

/** What scales an endpoint. */
export function formatScaling(
  state: ScalingState,
  activities: readonly ScalingActivity[],
  colors: Colors,
): string[] {
  const fact = factFormatter(colors);
  const { current, desired } = state.instances;
  return [
    colors.bold(state.resource),
    fact(
      'instances',
      `${current}${desired === current ? '' : `, ${desired} wanted`}${state.busy ? ' (the service is changing it)' : ''}`,
    ),
    ...flatten(state.settings).map(([name, value]) => fact(name, value)),
    ...(Object.keys(state.settings).length === 0 ? [fact('scaling', 'none')] : []),
    ...(state.suspended
      ? [`  ${colors.yellow('!')} Scaling is suspended: its settings have no effect.`]
      : []),
    ...[...state.otherScalers, ...(state.conflicts ?? [])].map((text) => `  ${colors.yellow('!')} ${text}`),
    ...(activities.length === 0
      ? []
      : [
          '',
          colors.bold('What happened'),
          ...activities
            .slice(0, mostActivities)
            .map(({ at, status, description, notScaledReasons = [] }) =>
              fact(
                formatInstant(new Date(at).toISOString()),
                [status, description, ...notScaledReasons].filter(Boolean).join(' · '),
              ),
            ),
        ]),
  ];
}

const mostActivities = 10;

/** What would change, a line each. */
export function formatDifferences(differences: readonly ScalingDifference[], colors: Colors): string[] {
  if (differences.length === 0) return ['Nothing would change.'];
  return differences.flatMap(({ path, from, to }) => [
    colors.bold(`  ${path}`),
    ...(from === undefined ? [] : [colors.red(`    - ${JSON.stringify(from)}`)]),
    ...(to === undefined ? [] : [colors.green(`    + ${JSON.stringify(to)}`)]),
  ]);
}

export function formatRecommendation({ rows, notes }: ScalingRecommendation, colors: Colors): string[] {
  return [
    formatTable(
      ['setting', 'value', 'reason'],
      rows.map(({ name, value, reason }) => [name, colors.bold(value), reason]),
      colors,
      70,
    ),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ];
}

function flatten(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path.join('.'), typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([name, member]) => flatten(member, [...path, name]));
}

/** Ways to scale against each other: what they hold, and what they cost. */
export function formatFrontier(rows: readonly FrontierRow[], units: string, colors: Colors): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  const isPriced = rows.some(({ usDollarsPerMonth }) => usDollarsPerMonth !== undefined);
  const range = ([low, high]: readonly [number, number], text = formatFigure) =>
    text(low) === text(high) ? text(low) : `${text(low)} – ${text(high)}`;
  return [
    colors.bold('Capacity and cost, with the load at its peak for a quarter of the time'),
    formatTable(
      [
        'way',
        right(units),
        right('holds at the peak, requests/s'),
        right(`${units} on average`),
        ...(isPriced ? [right('$ a month')] : []),
      ],
      rows.map(({ name, instances: [base, peak], holds, meanInstances, usDollarsPerMonth }) => [
        name,
        base === peak ? String(base) : `${base} – ${peak}`,
        range(holds),
        range(meanInstances),
        ...(usDollarsPerMonth ? [range(usDollarsPerMonth, formatNumber)] : []),
      ]),
      colors,
    ),
    ...(isPriced ? [] : [`No price is known: give what one of the ${units} costs an hour with --price.`]),
  ];
}
