import { stripVTControlCharacters } from 'node:util';
import { formatDuration, type Sample } from '@loadwright/core';
import type { Colors } from '../output/colors.js';
import {
  formatAge,
  formatMilliseconds,
  formatNumber,
  formatRate,
  formatRatio,
} from '@loadwright/core/report';
import { progressBar, sparkline } from '../output/bars.js';
import { phaseTitles } from './phases.js';
import { stalledSeconds, type LiveState } from './state.js';

/** What a frame is drawn with. */
export interface FrameOptions {
  /** Width of the terminal, in characters. */
  readonly columns: number;
  readonly colors: Colors;
  /** The wall clock, in milliseconds. */
  readonly now: number;
}

const labelWidth = 10;

/**
 * The live part of the screen, drawn anew for every frame. No line is wider than the terminal, except that the login is
 * never cut.
 */
export function renderFrame(state: LiveState, options: FrameOptions): string {
  const { colors, columns } = options;
  if (state.phase === undefined) return '';
  const lines = [title(state, options)];
  if (state.phase === 'load' && state.sample) {
    lines.push(progress(state, state.sample, options), '', ...figures(state, state.sample, options));
  }
  if (state.ending) lines.push(`  ${describeEnding(state.ending)}`);
  const shown = lines.map((line) => cut(line, columns, colors));
  if (state.ui && (state.phase === 'load' || state.phase === 'connect')) {
    const { url, username, password, fingerprint } = state.ui;
    shown.push(...row('web UI', [url, `user ${username}`, `password ${password}`], options));
    if (fingerprint !== undefined)
      shown.push(...row('SHA-256', [`${fingerprint} of its certificate`], options));
  }
  return shown.join('\n');
}

function title(state: LiveState, { colors, now }: FrameOptions): string {
  const seconds = Math.max(0, Math.floor((now - state.phaseStartedAt) / 1000));
  const meaning = state.phase && phaseTitles[state.phase];
  const detail = titleDetail(state);
  // The bar below shows the time of the load.
  const time = state.phase === 'load' || seconds === 0 ? '' : colors.dim(` ${formatDuration(seconds)}`);
  return `${colors.cyan('●')} ${colors.bold(state.phase ?? '')}${meaning ? `: ${meaning}` : ''}${detail}${time}`;
}

function titleDetail({ phase, connected, sample, warmUpSeconds }: LiveState): string {
  if (phase === 'connect' && connected) return ` ${connected.workers} of ${connected.expectedWorkers}`;
  if (phase !== 'load' || !sample || sample.elapsedSeconds >= warmUpSeconds) return '';
  return `: warm-up of ${formatDuration(warmUpSeconds)}, not judged`;
}

function progress(state: LiveState, sample: Sample, { colors, columns }: FrameOptions): string {
  const total = state.durationSeconds;
  const elapsed = Math.min(sample.elapsedSeconds, total);
  const text = `${formatDuration(elapsed)} of ${formatDuration(total)} · ${formatDuration(total - elapsed)} left`;
  const width = Math.max(0, Math.min(40, columns - text.length - 4));
  const bar = progressBar(total === 0 ? 1 : elapsed / total, width);
  return `  ${colors.cyan(bar.filled)}${colors.dim(bar.empty)}${width > 0 ? '  ' : ''}${text}`;
}

function figures(state: LiveState, sample: Sample, options: FrameOptions): string[] {
  const { colors } = options;
  const failed = sample.totalRequests === 0 ? 0 : sample.totalFailures / sample.totalRequests;
  const paint = sample.totalFailures > 0 ? colors.red : (text: string) => text;
  const expected = state.connected?.expectedWorkers ?? sample.workers.length;
  const lost = sample.workers.length < expected;
  const workers = `${sample.workers.length} of ${expected}`;
  const { open } = sample;
  const rate = `${formatRateOf(sample)} requests/s`;
  return [
    ...(open ? [] : row('users', [formatNumber(sample.users)], options)),
    ...row('in flight', inFlight(state, sample, colors), options),
    ...row(
      'rate',
      [open ? `${rate} of ${formatRate(open.offeredPerSecond)} due` : rate, ...trend(state, options)],
      options,
    ),
    ...row(
      'requests',
      [
        formatNumber(sample.totalRequests),
        paint(`${formatNumber(sample.totalFailures)} failed (${formatRatio(failed)})`),
      ],
      options,
    ),
    ...row(
      'latency',
      [
        `p50 ${formatMilliseconds(sample.p50)}`,
        `p95 ${formatMilliseconds(sample.p95)}`,
        `p99 ${formatMilliseconds(sample.p99)}`,
        ...(open ? [`service p99 ${formatMilliseconds(open.service.p99)}`] : []),
      ],
      options,
    ),
    ...row('workers', [lost ? colors.red(workers) : workers, cpu(sample)], options),
  ];
}

function inFlight(
  state: LiveState,
  { inFlight: count, oldestSeconds, open }: Sample,
  colors: Colors,
): string[] {
  const silent = stalledSeconds(state);
  const dropped = `${formatNumber(open?.dropped ?? 0)} dropped`;
  return [
    ...(count === null ? [] : [formatNumber(count)]),
    ...(count && oldestSeconds !== null ? [`oldest ${formatAge(oldestSeconds)}`] : []),
    ...(open ? [`${formatNumber(open.late)} late`, open.dropped > 0 ? colors.red(dropped) : dropped] : []),
    ...(silent > 0 ? [colors.red(`stalled: no answer for ${formatAge(silent)}`)] : []),
  ];
}

/** Requests a second; of a load that is younger than a second nothing is known yet. */
export const formatRateOf = ({ requestsPerSecond, elapsedSeconds }: Sample): string =>
  formatRate(elapsedSeconds < 1 ? null : requestsPerSecond);

/** What a load that is over still waits for. */
export function describeEnding({
  inFlight,
  oldestSeconds,
  secondsLeft,
}: NonNullable<LiveState['ending']>): string {
  const requests = `${formatNumber(inFlight)} ${inFlight === 1 ? 'request' : 'requests'}`;
  const left = `at most ${formatDuration(Math.max(0, Math.ceil(secondsLeft)))} more`;
  return inFlight > 0
    ? `waiting for ${requests} in flight, oldest ${formatAge(oldestSeconds)}, ${left}`
    : `waiting for the last figures, ${left}`;
}

function trend(state: LiveState, { colors, columns }: FrameOptions): string[] {
  const width = Math.min(30, columns - labelWidth - (state.sample?.open ? 38 : 24));
  return width < 8 ? [] : [colors.cyan(sparkline(state.throughput, width))];
}

function cpu({ workers }: Sample): string {
  const percents = workers.map((worker) => worker.cpuPercent);
  if (percents.length === 0) return '';
  if (percents.length <= 4) return `CPU ${percents.map((percent) => `${Math.round(percent)} %`).join('  ')}`;
  const mean = percents.reduce((sum, percent) => sum + percent, 0) / percents.length;
  return `CPU mean ${Math.round(mean)} %  highest ${Math.round(Math.max(...percents))} %`;
}

/** A label and its values: beside each other where they fit, otherwise one below the other. */
function row(label: string, values: readonly string[], { columns, colors }: FrameOptions): string[] {
  if (values.length === 0) return [];
  const head = `  ${colors.dim(label.padEnd(labelWidth))}`;
  const indent = ' '.repeat(labelWidth + 2);
  const beside = values.filter((value) => value !== '').join('   ');
  if (labelWidth + 2 + stripVTControlCharacters(beside).length <= columns) return [head + beside];
  return values.filter((value) => value !== '').map((value, index) => (index === 0 ? head : indent) + value);
}

/** Shortens a line that is too wide; it loses its colours. */
function cut(line: string, columns: number, colors: Colors): string {
  const plain = stripVTControlCharacters(line);
  if (plain.length <= columns) return line;
  return `${plain.slice(0, Math.max(0, columns - 1))}${colors.dim('…')}`;
}
