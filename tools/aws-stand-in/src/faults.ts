import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { denied, errorAnswer, internalError, throttled } from './answers.js';
import type { Call, Layer } from './calls.js';

/** What goes wrong with a call. */
export type Fault =
  /** It never reaches AWS; the connection ends. */
  | { readonly kind: 'drop-request' }
  /** It takes effect, and the connection ends instead of an answer. */
  | { readonly kind: 'drop-answer' }
  | { readonly kind: 'throttle' }
  | { readonly kind: 'error-500' }
  /** A permission is missing. */
  | { readonly kind: 'denied' }
  /** Any error of AWS: VcpuLimitExceeded, InsufficientInstanceCapacity, ExpiredToken … */
  | { readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number }
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** Calls back before or after the call took effect, then ends the connection: tests kill the caller there. */
  | { readonly kind: 'kill'; readonly when: 'before' | 'after'; readonly callback: () => unknown };

export interface Injection {
  /** Number of the call since the last reset, or its name; `*` in a name stands for anything (`ec2:*`, `*`). */
  readonly at: number | string;
  /** Which of the calls of that name comes first, retries not counted; 1 by default. */
  readonly occurrence?: number;
  /**
   * How many calls it strikes; 1 by default. After a number: the retries of that call. After a name: all calls of that
   * name from then on.
   */
  readonly times?: number;
  /** Of the calls that it would strike, this share alone: 0.3 of all. Evenly spread, or at random by the seed. */
  readonly share?: number;
  /** Any whole number; the same one strikes the same calls of the same order. */
  readonly seed?: number;
  readonly fault: Fault;
}

/** What became of an injection. */
export interface InjectedFault {
  /** Calls it struck. */
  readonly strikes: number;
}

/** Thrown through the layers: the connection ends without an answer. */
export class Dropped extends Error {}

/** Holds the faults that are to come. */
export class Faults {
  readonly #pending: Pending[] = [];

  inject(injection: Injection): InjectedFault {
    const pending = new Pending(injection);
    this.#pending.push(pending);
    return pending;
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#pending.length = 0;
  }

  readonly layer: Layer = async (call, next) => {
    const fault = this.#pending.find((pending) => pending.takes(call))?.injection.fault;
    switch (fault?.kind) {
      case undefined:
        return next(call);
      case 'drop-request':
        throw new Dropped();
      case 'drop-answer':
        await next(call);
        throw new Dropped();
      case 'throttle':
        return throttled(call);
      case 'error-500':
        return internalError(call);
      case 'denied':
        return denied(call);
      case 'error':
        return errorAnswer(call, fault.code, fault.message ?? `${fault.code}.`, fault.status);
      case 'latency':
        await delay(fault.milliseconds);
        return next(call);
      case 'kill':
        if (fault.when === 'after') await next(call);
        await fault.callback();
        throw new Dropped();
    }
  };
}

class Pending implements InjectedFault {
  strikes = 0;
  readonly injection: Injection;
  /** Calls of the name that have come, each with its retries as one. */
  readonly #seen = new Set<string>();
  #invocation: string | undefined;
  #matched = 0;

  constructor(injection: Injection) {
    this.injection = injection;
  }

  takes(call: Call): boolean {
    if (!this.#matches(call) || this.strikes >= (this.injection.times ?? 1)) return false;
    this.#matched += 1;
    const { share = 1, seed } = this.injection;
    const isSpared =
      seed === undefined
        ? Math.floor(this.#matched * share) === Math.floor((this.#matched - 1) * share)
        : randomOf(seed, this.#matched) >= share;
    if (isSpared) return false;
    this.strikes += 1;
    return true;
  }

  #matches(call: Call): boolean {
    const { at, occurrence = 1 } = this.injection;
    if (typeof at === 'number') {
      if (call.number === at) this.#invocation = call.invocation;
      return call.invocation === this.#invocation;
    }
    if (!named(at, call.name)) return false;
    this.#seen.add(call.invocation);
    return this.#seen.size >= occurrence;
  }
}

/** Between 0 and 1, by chance, and the same again for the same two numbers. */
function randomOf(seed: number, index: number): number {
  return createHash('sha256').update(`${seed} ${index}`).digest().readUInt32BE(0) / 2 ** 32;
}

function named(pattern: string, name: string): boolean {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(name);
}
