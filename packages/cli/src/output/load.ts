import {
  formatDuration,
  type TraceSummary,
  type LoadPlan,
  type MasterStatistics,
  type TestStatistics,
} from '@loadwright/core';
import { formatFigure, formatNumber } from '@loadwright/core/report';

/** How much load, in a few words. */
export function describeLoad({
  users,
  spawnRate,
  durationSeconds,
  stages,
  arrivals,
}: Omit<LoadPlan, 'payloadOrder'>): string {
  const length = `for ${formatDuration(durationSeconds)}`;
  if (arrivals?.kind === 'trace') {
    const speed = formatFigure(arrivals.speed ?? 1);
    return `the requests of a trace, ${speed} times as fast as recorded, ${formatNumber(arrivals.maxInFlight)} in flight at most, ${length}`;
  }
  if (arrivals) {
    const most = Math.max(arrivals.startRate, ...arrivals.stages.map(({ ratePerSecond }) => ratePerSecond));
    return `up to ${formatFigure(most)} requests/s due, ${formatNumber(arrivals.maxInFlight)} in flight at most, ${length}`;
  }
  if (stages) return `up to ${formatNumber(users)} users in ${stages.length} stages, ${length}`;
  return `${formatNumber(users)} ${users === 1 ? 'user' : 'users'}, ${formatFigure(spawnRate)} started a second, ${length}`;
}

/** What a load makes of a trace, in a few words. */
export function describeTrace({
  requests,
  recorded,
  sessions,
  seconds,
  peakPerSecond,
}: TraceSummary): string {
  const share = requests === recorded ? '' : ` of ${formatNumber(recorded)}`;
  return (
    `${formatNumber(requests)}${share} requests of ${formatNumber(sessions)} sessions, ` +
    `at most ${formatNumber(peakPerSecond)} within a second; the whole trace takes ${formatDuration(Math.ceil(seconds))}`
  );
}

/** What the master's test is doing, in a few words. */
export function describeTest({ test, time, state }: MasterStatistics): string {
  if (!test) return 'none yet';
  const { startedAt, endsAt, endedAt, load } = test;
  const of = describeLoad(load);
  const between = (from: number, to: number) => formatDuration(Math.max(0, Math.round(to - from)));
  if (endedAt !== undefined) return `ended ${between(endedAt, time)} ago: ${of}`;
  const left = endsAt === undefined ? '' : `, ${between(time, endsAt)} left`;
  return `${state} for ${between(startedAt, time)}${left}: ${of}`;
}

/** A test of the master's, for programs: its times as all others, ISO 8601 in UTC. */
export function testDocument({ startedAt, endsAt, endedAt, load }: TestStatistics) {
  const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString();
  return {
    startedAt: isoTime(startedAt),
    ...(endsAt !== undefined && { endsAt: isoTime(endsAt) }),
    ...(endedAt !== undefined && { endedAt: isoTime(endedAt) }),
    load,
  };
}
