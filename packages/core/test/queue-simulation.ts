import type { Condition, Measurer, Tally, Trial, TrialRequest } from '../src/calibrate/contract.js';
import { normalNumbers } from '../src/compare/bootstrap.js';
import { uniformNumbers } from '../src/values/random.js';

/** Distributions of service times with a mean of 1; the log-normal one has σ = 1. */
export const distributions = ['deterministic', 'exponential', 'log-normal'] as const;
export type Distribution = (typeof distributions)[number];

/** Numbers with a mean of 1. */
export function serviceTimes(distribution: Distribution, uniform: () => number): () => number {
  const normal = normalNumbers(uniform);
  switch (distribution) {
    case 'deterministic':
      return () => 1;
    case 'exponential':
      return () => -Math.log(1 - uniform());
    case 'log-normal':
      return () => Math.exp(normal() - 0.5);
  }
}

/** A service that is simulated: requests wait in one queue for one of its slots. */
export interface SimulatedService {
  readonly slots: number;
  readonly distribution: Distribution;
  /** Mean service time in seconds. */
  readonly meanSeconds: number;
  readonly seed: number;
  /** Of the service time, at a time in seconds since the beginning and after so many requests. Default 1. */
  readonly slowdown?: (second: number, served: number) => number;
  /** Requests that find more than so many waiting fail at once. Default: none. */
  readonly mostWaiting?: number;
  /** Of the requests, that many fail by themselves at once, at a rate. Default: none. */
  readonly failing?: (rate: number) => number;
  /** Instances that serve at a time in seconds: with fewer than at the beginning everything takes so much longer. Default: not told. */
  readonly instances?: (second: number) => number;
  /** It says how long requests wait. */
  readonly tellsQueue?: boolean;
  /** The generator offers no more, in requests a second. Default: everything. */
  readonly generatorLimit?: number;
}

/** What a condition counts of requests of the simulation. */
export interface SimulatedCondition extends Condition {
  tally(times: readonly number[], failed: number): Tally;
}

/** `p(percentile) < limit` of response times, in milliseconds. */
export function latencyCondition(percentile: number, milliseconds: number): SimulatedCondition {
  return {
    ...{ text: `http_req_duration p(${percentile})<${milliseconds}`, holds: 'below', kind: 'latency' },
    ...{ limit: 1 - percentile / 100, isShare: true },
    tally: (times) => ({
      sum: times.reduce((count, time) => count + (time >= milliseconds ? 1 : 0), 0),
      weight: times.length,
    }),
  };
}

/** `rate < limit` of failures. */
export function failureCondition(limit: number): SimulatedCondition {
  return {
    ...{ text: `http_req_failed rate<${limit}`, holds: 'below', kind: 'errors', limit, isShare: true },
    tally: (times, failed) => ({ sum: failed, weight: times.length + failed }),
  };
}

/** The mean of response times, in milliseconds. */
export function meanCondition(limit: number): SimulatedCondition {
  return {
    ...{ text: `http_req_duration avg<${limit}`, holds: 'below', kind: 'latency', limit, isShare: false },
    tally: (times) => ({ sum: times.reduce((sum, time) => sum + time, 0), weight: times.length }),
  };
}

/** An event-driven simulation of a queue, whose state goes on from one trial to the next. */
export class QueueSimulation implements Measurer {
  readonly #service: SimulatedService;
  readonly #conditions: readonly SimulatedCondition[];
  readonly #uniform: () => number;
  readonly #next: () => number;
  readonly #freeAt: Float64Array;
  #clock = 0;
  #served = 0;
  #waited = 0;
  requests = 0;
  trials = 0;
  /** How long requests of earlier trials still take at the beginning of each trial, in seconds. */
  readonly inherited: number[] = [];

  constructor(service: SimulatedService, conditions: readonly SimulatedCondition[]) {
    this.#service = service;
    this.#conditions = conditions;
    this.#uniform = uniformNumbers(service.seed);
    this.#next = serviceTimes(service.distribution, this.#uniform);
    this.#freeAt = new Float64Array(service.slots);
  }

  measure({ rate, seconds, skipSeconds, restSeconds, signal, onSeconds }: TrialRequest): Promise<Trial> {
    this.trials += 1;
    this.#clock += restSeconds;
    const begin = this.#clock;
    this.inherited.push(Math.max(0, Math.max(...this.#freeAt) - begin));
    const { generatorLimit = Infinity } = this.#service;
    const offered = Math.min(rate, generatorLimit);
    const bySecond = Array.from({ length: seconds }, () => ({ times: [] as number[], failed: 0, due: 0 }));
    let refused = 0;
    this.#waited = 0;
    const flow: { due: number; ended: number; inFlight: number }[] = [];
    let underWay: number[] = [];
    let arrival = begin - Math.log(1 - this.#uniform()) / offered;
    for (let second = 0; second < seconds && !signal.aborted; second += 1) {
      const own = bySecond[second]!;
      for (; arrival < begin + second + 1; arrival += -Math.log(1 - this.#uniform()) / offered) {
        own.due += 1;
        const share = this.#service.failing?.(offered);
        const finish = share !== undefined && this.#uniform() < share ? null : this.#serve(arrival);
        if (finish === undefined) refused += 1;
        if (finish === undefined || finish === null) own.failed += 1;
        else {
          own.times.push((finish - arrival) * 1000);
          underWay.push(finish);
        }
      }
      const before = underWay.length;
      underWay = underWay.filter((finish) => finish > begin + second + 1);
      const ended = before - underWay.length + own.failed;
      flow.push({ due: own.due, ended, inFlight: underWay.length });
      onSeconds(flow);
    }
    this.#clock = begin + flow.length;
    const judged = bySecond.slice(skipSeconds, flow.length);
    const times = judged.flatMap((second) => second.times).sort((one, other) => one - other);
    const failed = judged.reduce((sum, second) => sum + second.failed, 0);
    const requests = flow.reduce((sum, { due }) => sum + due, 0);
    this.requests += requests;
    return Promise.resolve({
      rate,
      seconds: flow.map((second, at) => ({
        ...second,
        tallies: this.#conditions.map((condition) =>
          condition.tally(bySecond[at]!.times, bySecond[at]!.failed),
        ),
      })),
      times: histogram(times),
      failed,
      ended: times.length + failed,
      requests,
      spentSeconds: restSeconds + flow.length,
      backlog: underWay.length,
      ...(failed > 0 && { refusedShare: Math.min(1, refused / failed) }),
      ...(this.#service.instances && { instances: this.#service.instances(begin + flow.length / 2) }),
      ...(this.#service.tellsQueue && { queuedSeconds: this.#waited / Math.max(1, requests) }),
      invalid: offered < rate * 0.95 ? [`${Math.round(offered)} requests/s were sent of ${rate}.`] : [],
    });
  }

  /** @returns when its answer comes; undefined: it was refused. */
  #serve(arrival: number): number | undefined {
    const { meanSeconds, slowdown, instances, mostWaiting = Infinity, slots } = this.#service;
    let slot = 0;
    for (let other = 1; other < slots; other += 1)
      if (this.#freeAt[other]! < this.#freeAt[slot]!) slot = other;
    const start = Math.max(arrival, this.#freeAt[slot]!);
    if ((start - arrival) * (slots / meanSeconds) > mostWaiting) return undefined;
    this.#served += 1;
    this.#waited += start - arrival;
    const fewer = instances ? instances(0) / instances(arrival) : 1;
    const slower = fewer * (slowdown?.(arrival, this.#served) ?? 1);
    const finish = start + this.#next() * meanSeconds * slower;
    this.#freeAt[slot] = finish;
    return finish;
  }
}

/** With buckets of 1 %, which is enough for percentiles that people read. */
function histogram(sorted: readonly number[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const time of sorted) {
    const value = Math.exp(Math.round(Math.log(Math.max(time, 0.001)) * 100) / 100);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts];
}
