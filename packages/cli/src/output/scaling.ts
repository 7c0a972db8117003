import type { ScalingDifference } from '@loadwright/core/scaling';
import { formatInstant } from '@loadwright/core/report';
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
    ...state.otherScalers.map((text) => `  ${colors.yellow('!')} ${text}`),
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
