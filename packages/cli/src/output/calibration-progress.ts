import { formatDuration } from '@loadwright/core';
import type { Budget, Capacity, Forecast, RecordedTrial, SearchEvent } from '@loadwright/core/calibrate';
import { formatFigure, formatMilliseconds, formatNumber, formatRatio } from '@loadwright/core/report';

/** What a search reports, as lines for people: none for what needs no line. */
export function calibrationLines(event: SearchEvent, precision: number, budget: Budget): string[] {
  switch (event.type) {
    case 'forecast':
      return [describeForecast(event.forecast, precision)];
    case 'trial-started':
      return [];
    case 'trial':
      return [describeTrial(event.trial, event.progress.capacities, event.progress.spent.seconds, budget)];
  }
}

/** What a budget can give, before the start and when a rate is known. */
export function describeForecast(
  { rate, width, atMost, sufficientFrom, narrowest }: Forecast,
  precision: number,
): string {
  const wanted = formatRatio(precision);
  if (rate === undefined || width === undefined || atMost === undefined) {
    return narrowest !== undefined
      ? `This budget gives an interval of about ${formatRatio(narrowest)} at best, not ${wanted}, however fast the service is.`
      : `This budget gives an interval of about ${wanted} from ${formatFigure(sufficientFrom)} requests/s on, and a wider one below.`;
  }
  const about = `At about ${formatFigure(rate)} requests/s the budget gives an interval of about ${formatRatio(width)}`;
  const isWider = width > precision ? `, not ${wanted}` : '';
  return atMost >= 2
    ? `${about}${isWider}. Perhaps nothing is proven to hold.`
    : `${about}${isWider}. Nine of ten searches keep to ${formatRatio(atMost)}.`;
}

function describeTrial(
  trial: RecordedTrial,
  capacities: readonly Capacity[],
  seconds: number,
  budget: Budget,
): string {
  const { rate, purpose, overloaded, invalid, times, ended, failed } = trial;
  const what = `${purpose.padEnd(8)}${formatFigure(rate)}/s`.padEnd(20);
  const slow = times.length > 0 ? `p95 ${formatMilliseconds(percentile95(times))}` : 'no answer';
  const failures = failed > 0 ? `, ${formatRatio(failed / Math.max(1, ended))} failed` : '';
  const state = invalid.length > 0 ? 'INVALID' : overloaded ? 'overloaded' : `${slow}${failures}`;
  const spent = `${formatDuration(Math.round(seconds))} of ${formatDuration(budget.seconds)}`;
  return `${what}${state.padEnd(28)}${capacities.map(describeBracket).join('; ').padEnd(24)} ${spent}`;
}

const describeBracket = ({ interval: [lower, upper] }: Capacity) =>
  lower === 0 && upper === null
    ? ''
    : `${formatNumber(Math.round(lower))} to ${upper === null ? '?' : formatNumber(Math.round(upper))}/s`;

function percentile95(times: RecordedTrial['times']): number {
  const total = times.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  return times.find(([, count]) => (seen += count) >= total * 0.95)?.[0] ?? 0;
}
