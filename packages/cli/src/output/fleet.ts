import {
  formatDuration,
  type FleetPlan,
  type FleetPrice,
  type FleetRequest,
  type ScalePlan,
  type DeployedFleet,
} from '@loadwright/core';
import { formatDollars } from '@loadwright/core/report';
import type { Colors } from './colors.js';
import { formatTable } from './table.js';

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

/** When the machines of a run end, and what they cost until then: `in 1h58m (2026-11-23 19:58 UTC), $0.78 an hour`. */
export function formatEnd(run: DeployedFleet, now: Date): string {
  const { expiresAt, usDollarsPerHour, isCostIncomplete = false } = run;
  const at = expiresAt && `${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const ends = `${formatExpiry(expiresAt, now)}${at === undefined ? '' : ` (${at})`}`;
  return usDollarsPerHour === undefined
    ? ends
    : `${ends}, ${formatHourly({ usDollars: usDollarsPerHour, isIncomplete: isCostIncomplete })}`;
}

/** What a fleet has cost that stood for some time, as far as prices are known; undefined for one that costs nothing. */
export function formatEstimatedCost({ pricePerHour }: FleetPlan, seconds: number): string | undefined {
  const { usDollars } = pricePerHour;
  if (usDollars === 0) return undefined;
  const cost = formatDollars((usDollars * seconds) / 3600);
  return `about ${cost} (an estimate: ${formatDuration(Math.round(seconds))} of ${formatHourly(pricePerHour)})`;
}

/** An hour of a fleet, for people. */
export function formatHourly({ usDollars, isIncomplete = false }: Omit<FleetPrice, 'source'>): string {
  return `${isIncomplete ? 'at least ' : ''}${formatDollars(usDollars)} an hour`;
}

/**
 * What a test costs in US dollars: its load, and at most, until the machines end by themselves. That of making the
 * machines ready, and of leaving them, comes on top of the load's. Of a price that is not complete all is a lower bound.
 */
function pricesOf(
  { pricePerHour, endsAfterSeconds }: FleetPlan,
  { durationSeconds }: FleetRequest,
): { readonly usDollars: number; readonly usDollarsToTheEnd?: number } {
  const priceOf = (seconds: number) => (pricePerHour.usDollars * seconds) / 3600;
  return {
    usDollars: priceOf(durationSeconds),
    ...(endsAfterSeconds !== undefined && { usDollarsToTheEnd: priceOf(endsAfterSeconds) }),
  };
}

/** What a fleet would be, for programs. */
export function planDocument(plan: FleetPlan, request: FleetRequest) {
  const { workers, durationSeconds } = request;
  return { plan, test: { workers, durationSeconds, ...pricesOf(plan, request) } };
}

/** What a fleet would be, for people. */
export function formatPlan(plan: FleetPlan, request: FleetRequest, colors: Colors): string[] {
  return [
    `${colors.bold('Would be made')} for ${request.workers} ${request.workers === 1 ? 'worker' : 'workers'}`,
    ...plan.resources.map((resource) => `  ${resource}`),
    '',
    `${colors.bold('Price')} ${describePrice(plan, request)}`,
    `  ${colors.dim(`source: ${plan.pricePerHour.source}`)}`,
    ...(plan.warnings ?? []).map((warning) => `${colors.yellow('!')} ${warning}`),
    ...(plan.notes ?? []).map((note) => `${colors.dim('·')} ${note}`),
  ];
}

/** What the fleet costs and when it ends, in one line; undefined for one that costs nothing. */
export function formatCostLine({ pricePerHour, endsAfterSeconds }: FleetPlan): string | undefined {
  const { usDollars, isIncomplete = false } = pricePerHour;
  if (usDollars === 0 && !isIncomplete) return undefined;
  const end =
    endsAfterSeconds === undefined
      ? ''
      : `; ends itself after ${formatDuration(endsAfterSeconds)} at the latest`;
  return `  the fleet costs ${formatHourly(pricePerHour)}${end}`;
}

function describePrice(plan: FleetPlan, request: FleetRequest): string {
  const { pricePerHour, endsAfterSeconds = 0 } = plan;
  const { usDollars, usDollarsToTheEnd } = pricesOf(plan, request);
  const { isIncomplete } = pricePerHour;
  const [lower, upper] = isIncomplete ? ['at least ', 'at least '] : ['', 'at most '];
  const prices = [
    `${lower}${formatDollars(pricePerHour.usDollars)} an hour`,
    `${lower}${formatDollars(usDollars)} for ${formatDuration(request.durationSeconds)} of load`,
    ...(usDollarsToTheEnd === undefined
      ? []
      : [
          `${upper}${formatDollars(usDollarsToTheEnd)} until the machine ends itself (${formatDuration(endsAfterSeconds)})`,
        ]),
  ].join(', ');
  return isIncomplete ? `not known (${prices})` : prices;
}

/** What another number of workers would change, for people. */
export function formatScalePlan(plan: ScalePlan, colors: Colors): string[] {
  const { workersBefore, workersAfter, changes, pricePerHourAfter, warnings = [], notes = [] } = plan;
  return [
    `${colors.bold('Would change')} from ${workersBefore} to ${workersAfter} workers`,
    ...changes.map((change) => `  ${change}`),
    '',
    `${colors.bold('Price')} ${formatPriceChange(plan)}`,
    `  ${colors.dim(`source: ${pricePerHourAfter.source}`)}`,
    ...warnings.map((warning) => `${colors.yellow('!')} ${warning}`),
    ...notes.map((note) => `${colors.dim('·')} ${note}`),
  ];
}

/** `$0.40 an hour in place of $0.20 an hour (+$0.20)` */
export function formatPriceChange({ pricePerHourBefore, pricePerHourAfter }: ScalePlan): string {
  const difference = pricePerHourAfter.usDollars - pricePerHourBefore.usDollars;
  const change = `${difference < 0 ? '−' : '+'}${formatDollars(Math.abs(difference))}`;
  return `${formatHourly(pricePerHourAfter)} in place of ${formatHourly(pricePerHourBefore)} (${change})`;
}

/** What a fleet has cost so far. */
export function formatCost({ costUsDollars, isCostIncomplete }: DeployedFleet): string {
  if (costUsDollars === undefined) return 'not known';
  return `${isCostIncomplete ? 'at least ' : ''}${formatDollars(costUsDollars)}`;
}

/** The deployed fleets. Their owners are shown where one is not the caller's. */
export function formatDeployedFleets(
  fleets: readonly DeployedFleet[],
  now: Date,
  colors: Colors,
  caller?: string,
): string {
  const paint = {
    starting: colors.cyan,
    running: colors.green,
    stopped: colors.yellow,
    incomplete: colors.yellow,
    expired: colors.red,
    orphaned: colors.red,
    'other-version': colors.yellow,
  };
  const isShared = fleets.some(
    ({ owner }) => owner !== undefined && caller !== undefined && owner !== caller,
  );
  const isNamed = fleets.some(({ name }) => name !== undefined);
  return formatTable(
    [
      'fleet',
      ...(isNamed ? ['name'] : []),
      ...['state', 'age', 'ends'],
      { title: 'cost so far', align: 'right' },
      ...(isShared ? ['owner'] : []),
    ],
    fleets.map((fleet) => [
      fleet.fleetId,
      ...(isNamed ? [fleet.name ?? ''] : []),
      paint[fleet.state](fleet.state),
      formatSpan(fleet.createdAt, now),
      formatExpiry(fleet.expiresAt, now),
      formatCost(fleet),
      ...(isShared ? [shortName(fleet.owner ?? 'unknown')] : []),
    ]),
    colors,
  );
}

/** The fleets of other versions of Loadwright, a line for each. */
export function describeOthers(fleets: readonly DeployedFleet[], { yellow }: Colors): string[] {
  return fleets.flatMap(({ fleetId, problem }) =>
    problem === undefined ? [] : [`${yellow('!')} ${fleetId} is left alone: ${problem}`],
  );
}

/** `arn:aws:iam::123456789012:user/alice` → `user/alice` */
function shortName(owner: string): string {
  return owner.split(':').at(-1) ?? owner;
}
