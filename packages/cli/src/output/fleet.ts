import { formatDuration, type FleetPlan, type FleetRequest, type StandingRun } from '@loadwright/core';
import type { Colors } from './colors.js';
import { formatTable } from './table.js';

/** 0.0042 → `$0.0042`, 3.5 → `$3.50`. */
export function formatDollars(usDollars: number): string {
  const digits = usDollars > 0 && usDollars < 0.1 ? 4 : 2;
  return `$${usDollars.toFixed(digits)}`;
}

/** A time between two moments, to the minute from one minute on. */
export function formatSpan(from: Date, to: Date): string {
  const seconds = Math.max(0, (to.getTime() - from.getTime()) / 1000);
  return formatDuration(seconds < 60 ? seconds : Math.round(seconds / 60) * 60);
}

/** When the machines of a run end by themselves, seen from now. */
export function formatExpiry(expiresAt: Date | undefined, now: Date): string {
  if (!expiresAt) return 'not known';
  return expiresAt <= now ? `${formatSpan(expiresAt, now)} ago` : `in ${formatSpan(now, expiresAt)}`;
}

/** What the load of a test costs. That of making the machines ready, and of leaving them, comes on top. */
function testPrice({ pricePerHour }: FleetPlan, { durationSeconds }: FleetRequest): number {
  return (pricePerHour.usDollars * durationSeconds) / 3600;
}

/** What a fleet would be, for programs. */
export function planDocument(plan: FleetPlan, request: FleetRequest) {
  const { workers, durationSeconds } = request;
  return { plan, test: { workers, durationSeconds, usDollars: testPrice(plan, request) } };
}

/** What a fleet would be, for people. */
export function formatPlan(plan: FleetPlan, request: FleetRequest, colors: Colors): string[] {
  const { usDollars, source } = plan.pricePerHour;
  const test = formatDollars(testPrice(plan, request));
  const length = formatDuration(request.durationSeconds);
  return [
    colors.bold('Would be made'),
    ...plan.resources.map((resource) => `  ${resource}`),
    '',
    `${colors.bold('Price')} ${formatDollars(usDollars)} an hour, ${test} for ${length} of load`,
    `  ${colors.dim(`source: ${source}`)}`,
    ...(plan.notes ?? []).map((note) => `${colors.yellow('!')} ${note}`),
  ];
}

/** The runs that stand. */
export function formatStandingRuns(runs: readonly StandingRun[], now: Date, colors: Colors): string {
  const paint = { starting: colors.cyan, running: colors.green, expired: colors.red, orphaned: colors.red };
  return formatTable(
    ['run', 'state', 'age', 'ends', { title: 'cost so far', align: 'right' }],
    runs.map(({ runId, state, createdAt, expiresAt, costUsDollars }) => [
      runId,
      paint[state](state),
      formatSpan(createdAt, now),
      formatExpiry(expiresAt, now),
      costUsDollars === undefined ? 'not known' : formatDollars(costUsDollars),
    ]),
    colors,
  );
}
