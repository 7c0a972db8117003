import { formatDuration } from '../../values/duration.js';
import type { ArrivalStage } from '../../load/plan.js';

/** More of them would make a load that is sent to a deployed fleet megabytes long. */
const mostBins = 3600;

/** Of the times in `schedule.csv`, in seconds. */
const resolution = 1e-6;

/** What a load makes of a trace. */
export interface TraceSummary {
  /** Requests that are due. */
  readonly requests: number;
  readonly sessions: number;
  /** Requests of the whole trace. */
  readonly recorded: number;
  /** From the first request of the trace to the last, in seconds of the load. */
  readonly seconds: number;
  /** The most requests that are due within a second. */
  readonly peakPerSecond: number;
}

/** When the requests of a trace are due, and which belong together. Their bodies are the lines of `payloads.jsonl`. */
export class TraceSchedule {
  #times: number[] = [];
  #sessions: number[] = [];
  readonly #names = new Map<string, number>();
  #rows: number[] = [];
  #nextSession = 0;
  /** Whether times had whole seconds alone, so that those of the same second were spread over it. */
  isSpread = false;

  /** Adds the request of the next line. @param seconds Since any moment. */
  add(seconds: number, session: string | undefined): void {
    this.#times.push(seconds);
    let number = session === undefined ? undefined : this.#names.get(session);
    if (number === undefined) {
      number = this.#nextSession++;
      if (session !== undefined) this.#names.set(session, number);
    }
    this.#sessions.push(number);
  }

  /** Sorts what was added. To be called once, after the last. */
  finish(): this {
    const order = this.#times.map((_, row) => row).sort((a, b) => this.#times[a]! - this.#times[b]! || a - b);
    const times = order.map((row) => this.#times[row]!);
    const first = times[0] ?? 0;
    this.isSpread = times.every(Number.isInteger) && times.some((time, index) => time === times[index + 1]);
    this.#times = (this.isSpread ? spread(times) : times).map((time) => Math.max(0, time - first));
    this.#rows = order;
    // In the order in which they begin, so that each worker gets as many at any time.
    const numbers = new Map<number, number>();
    this.#sessions = order.map((row) => {
      const session = this.#sessions[row]!;
      const number = numbers.get(session) ?? numbers.size;
      numbers.set(session, number);
      return number;
    });
    this.#names.clear();
    return this;
  }

  /** Lines of `schedule.csv`: seconds since the first request, number of the payload, number of the session. */
  *lines(): Generator<string> {
    for (const [index, time] of this.#times.entries())
      yield `${time.toFixed(6)},${this.#rows[index]},${this.#sessions[index]}\n`;
  }

  /** From the first request to the last, in seconds. */
  get seconds(): number {
    return this.#times.at(-1) ?? 0;
  }

  /** What becomes of it in a load of this speed and length. */
  summary(speed: number, durationSeconds = Infinity): TraceSummary {
    const due = this.#due(speed, durationSeconds);
    let peakPerSecond = 0;
    let begin = 0;
    for (let end = 0; end < due.length; end += 1) {
      while (due[end]! - due[begin]! > 1 - resolution) begin += 1;
      peakPerSecond = Math.max(peakPerSecond, end - begin + 1);
    }
    return {
      requests: due.length,
      sessions: new Set(this.#sessions.slice(0, due.length)).size,
      recorded: this.#times.length,
      seconds: this.seconds / speed,
      peakPerSecond,
    };
  }

  /** The mean rates of a load, second by second; of one that is longer than an hour in as many longer steps. */
  stages(speed: number, durationSeconds: number): ArrivalStage[] {
    const width = Math.max(1, Math.ceil(durationSeconds / mostBins));
    const counts = new Array<number>(Math.ceil(durationSeconds / width)).fill(0);
    for (const time of this.#due(speed, durationSeconds)) counts[Math.floor(time / width)]! += 1;
    return counts.flatMap((count, index) => {
      const length = Math.min(width, durationSeconds - index * width);
      const ratePerSecond = count / length;
      return [
        { durationSeconds: 0, ratePerSecond },
        { durationSeconds: length, ratePerSecond },
      ];
    });
  }

  /** The least length of a load that has all of it, in whole seconds. */
  wholeDuration(speed: number): string {
    return formatDuration(Math.floor(this.seconds / speed) + 1);
  }

  #due(speed: number, durationSeconds: number): number[] {
    return this.#times.map((time) => time / speed).filter((time) => time < durationSeconds);
  }
}

/** Those of the same second at equal distances over it: a recording of whole seconds does not say when they came. */
function spread(times: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(time, (counts.get(time) ?? 0) + 1);
  let [current, index] = [NaN, 0];
  return times.map((time) => {
    index = time === current ? index + 1 : 0;
    current = time;
    return time + index / counts.get(time)!;
  });
}
