import { formatDuration, type OnProgress, type RunEvent, type Sample } from '@loadwright/core';
import { printable } from '@loadwright/core/fleet';
import { printableInColour, redactStrings } from '@loadwright/core/command';
import { createLogUpdate } from 'log-update';
import type { CliIo, OutputStream } from '../shell/io.js';
import { colorsFor, type Colors } from '../output/colors.js';
import { formatAge, formatMilliseconds, formatNumber } from '@loadwright/core/report';
import { rawStream } from '../output/safe-stream.js';
import { tellWaitsThrough } from '../output/waits.js';
import { columnsOf, widthOf, wrapText } from '../output/wrap.js';
import { describeEnding, formatRateOf, renderFrame } from './frame.js';
import { emptyState, reduce, stalledSeconds, type LiveState } from './state.js';

/** Shows a run while it goes on. */
export interface LiveView {
  readonly onProgress: OnProgress;
  /** Prints a line that stays. */
  say(line: string): void;
  /** Ends the view; what has been printed stays. */
  close(): void;
}

/** Time between two frames when no event comes, in milliseconds. */
const frameInterval = 500;
/** Seconds of load between two lines where there is no terminal. */
const lineInterval = 5;

/** A view that is redrawn on a terminal, and plain lines elsewhere or when it is not wanted. */
export function createLiveView(
  io: CliIo,
  stream: OutputStream,
  { live = true }: { live?: boolean } = {},
): LiveView {
  const colors = colorsFor(stream, io.environment);
  const view = stream.isTTY && live ? terminalView(io, stream, colors) : lineView(io, stream, colors);
  // What happened is reported by servers too.
  const release = tellWaitsThrough((line) => view.say(colors.dim(`  ${line}`)));
  return {
    onProgress: (event) => view.onProgress(redactStrings(event, printable)),
    say: (line) => view.say(line),
    close() {
      release();
      view.close();
    },
  };
}

function terminalView(io: CliIo, stream: OutputStream, colors: Colors): LiveView {
  // Hides the cursor by itself rather than through log-update, which would use the process's own stderr for it.
  const update = createLogUpdate(rawStream(stream) as NodeJS.WritableStream, { showCursor: true });
  rawStream(stream).write('\u001B[?25l');
  let state = emptyState;
  const draw = () => {
    const columns = columnsOf(stream);
    const frame = renderFrame(state, { columns, colors, now: io.now() });
    if (frame === '') update.clear();
    else update(printableInColour(frame));
  };
  const timer = setInterval(draw, frameInterval);
  const say = (line: string) => {
    update.clear();
    stream.write(`${wrapText(line, widthOf(stream))}\n`);
    draw();
  };
  return {
    onProgress(event) {
      const now = io.now();
      const before = state;
      state = reduce(state, event, now);
      if (event.type === 'phase' && event.state === 'finished') state = { ...state, phase: undefined };
      const line = describeEvent(event, before, now, colors);
      if (line === undefined) draw();
      else say(line);
    },
    say,
    close() {
      clearInterval(timer);
      update.clear();
      update.done();
      rawStream(stream).write('\u001B[?25h');
    },
  };
}

function lineView(io: CliIo, stream: OutputStream, colors: Colors): LiveView {
  let state = emptyState;
  let nextLine = lineInterval;
  let endings = 0;
  const say = (line: string) => void stream.write(`${wrapText(line, widthOf(stream))}\n`);
  return {
    onProgress(event) {
      const now = io.now();
      const before = state;
      state = reduce(state, event, now);
      const line = describeEvent(event, before, now, colors) ?? plainLine(event, state, colors);
      // These come once a second.
      if (event.type === 'ending' && endings++ % lineInterval !== 0) return;
      if (event.type === 'sample') {
        if (event.sample.elapsedSeconds < nextLine) return;
        nextLine += lineInterval;
      }
      if (line !== undefined) say(line);
    },
    say,
    close() {},
  };
}

/** The line that stays behind when something is done, or a step that people should read. */
function describeEvent(event: RunEvent, state: LiveState, now: number, colors: Colors): string | undefined {
  if (event.type === 'message') {
    return event.level === 'warning'
      ? `${colors.yellow('!')} ${event.message}`
      : colors.dim(`  ${event.message}`);
  }
  if (event.type !== 'phase' || event.state === 'started') return undefined;
  // A view that was made in the middle of a phase does not know how long it took.
  const seconds = state.phase === event.phase ? (now - state.phaseStartedAt) / 1000 : 0;
  const time = seconds >= 1 ? colors.dim(` (${formatDuration(seconds)})`) : '';
  const detail = event.detail === undefined ? '' : `: ${event.detail}`;
  return `${colors.green('✓')} ${event.phase}${detail}${time}`;
}

/** What a reader of a log sees of the events that a terminal draws. The login is not for logs. */
function plainLine(event: RunEvent, state: LiveState, colors: Colors): string | undefined {
  switch (event.type) {
    case 'phase':
      return `${colors.cyan('●')} ${event.phase}`;
    case 'ready':
      return [
        `  web UI: ${event.url} (its login is shown on a terminal only)`,
        ...(event.fingerprint === undefined ? [] : [`  certificate, SHA-256: ${event.fingerprint}`]),
      ].join('\n');
    case 'connected':
      return `  ${event.workers} of ${event.expectedWorkers} workers connected`;
    case 'sample': {
      const { sample, durationSeconds, warmUpSeconds } = event;
      const warmUp = sample.elapsedSeconds < warmUpSeconds ? ' (warm-up)' : '';
      return [
        `  ${formatDuration(Math.min(sample.elapsedSeconds, durationSeconds))} of ${formatDuration(durationSeconds)}${warmUp}`,
        ...(sample.open ? [] : [`${formatNumber(sample.users)} users`]),
        ...inFlight(sample, stalledSeconds(state), colors),
        `${formatRateOf(sample)} requests/s`,
        `${formatNumber(sample.totalFailures)} failed`,
        `p50 ${formatMilliseconds(sample.p50)} p95 ${formatMilliseconds(sample.p95)} p99 ${formatMilliseconds(sample.p99)}`,
        `${sample.workers.length} ${sample.workers.length === 1 ? 'worker' : 'workers'}, CPU ${sample.workers.map((worker) => `${Math.round(worker.cpuPercent)} %`).join(' ')}`,
      ].join(' · ');
    }
    case 'ending':
      return `  ${describeEnding(event)}`;
    default:
      return undefined;
  }
}

function inFlight(
  { inFlight: count, oldestSeconds, open }: Sample,
  stalled: number,
  colors: Colors,
): string[] {
  const oldest = count && oldestSeconds !== null ? ` (oldest ${formatAge(oldestSeconds)})` : '';
  return [
    ...(count === null ? [] : [`${formatNumber(count)} in flight${oldest}`]),
    ...(open ? [`${formatNumber(open.dropped)} dropped`] : []),
    ...(stalled > 0 ? [colors.red(`stalled: no answer for ${formatAge(stalled)}`)] : []),
  ];
}
