import { serviceTimes } from '../../testing/capacity.js';
import { uniformNumbers } from '../../values/random.js';
import type { SimulatedService } from './model.js';

/** When a request that was taken begins to be served and is answered; `served` is false when it fails by its time-out. */
export interface Admission {
  readonly due: number;
  readonly served: boolean;
}

interface Instance {
  /** From when on it serves. */
  readonly readyAt: number;
  readonly orderedAt: number;
  /** When each slot becomes free, as a binary heap with the earliest first. */
  readonly freeAt: Float64Array;
  /** Beginnings of those that wait, oldest first from `firstWaiting`. */
  waiting: number[];
  firstWaiting: number;
}

/**
 * Instances with slots. A request is bound to an instance when it arrives, as behind a load balancer: an instance that starts
 * later takes none of those that wait elsewhere. Times in seconds.
 */
export class Instances {
  readonly #service: SimulatedService;
  readonly #draw: () => number;
  readonly #uniform: () => number;
  #all: Instance[] = [];
  /** Those that serve, as of `#servingAt`. */
  #serving: Instance[] = [];
  #nextReadyAt = Infinity;
  #billedSeconds = 0;

  constructor(service: SimulatedService, seed: number) {
    this.#service = service;
    const { distribution, serviceSeconds } = service;
    const milliseconds = serviceTimes({
      serviceTime: `${(serviceSeconds * 1000).toFixed(6)}ms`,
      distribution,
      seed,
    });
    this.#draw = () => milliseconds() / 1000;
    this.#uniform = uniformNumbers(seed + 1);
  }

  add(count: number, orderedAt: number, readyAt: number): void {
    for (let index = 0; index < count; index += 1) {
      const freeAt = new Float64Array(this.#service.slots).fill(readyAt);
      this.#all.push({ readyAt, orderedAt, freeAt, waiting: [], firstWaiting: 0 });
    }
    this.#select(orderedAt);
  }

  /** The youngest go first. Those that go end what they have begun. */
  remove(count: number, at: number): void {
    for (const { orderedAt } of this.#all.splice(this.#all.length - count))
      this.#billedSeconds += at - orderedAt;
    this.#select(at);
  }

  get count(): number {
    return this.#all.length;
  }

  serving(at: number): number {
    if (at >= this.#nextReadyAt) this.#select(at);
    return this.#serving.length;
  }

  /** Seconds of instances, from when each was ordered. */
  instanceSeconds(at: number): number {
    return this.#all.reduce((sum, { orderedAt }) => sum + at - orderedAt, this.#billedSeconds);
  }

  /** @returns undefined when no instance takes it. */
  admit(at: number): Admission | undefined {
    if (this.serving(at) === 0) return undefined;
    const instance = this.#route(at);
    const start = Math.max(at, instance.freeAt[0]!);
    if (start > at) {
      if (waitingOf(instance, at) >= this.#service.queueLimit) return undefined;
      const { timeoutSeconds } = this.#service;
      if (start - at > timeoutSeconds) return { due: at + timeoutSeconds, served: false };
      instance.waiting.push(start);
    }
    const due = start + this.#draw();
    replaceEarliest(instance.freeAt, due);
    return { due, served: true };
  }

  #route(at: number): Instance {
    const serving = this.#serving;
    // A random start divides the load evenly among those that are free.
    const first = Math.floor(this.#uniform() * serving.length);
    let best = serving[first]!;
    if (this.#service.routing === 'random') return best;
    for (let step = 1; step < serving.length && best.freeAt[0]! > at; step += 1) {
      const other = serving[(first + step) % serving.length]!;
      if (other.freeAt[0]! < best.freeAt[0]!) best = other;
    }
    return best;
  }

  #select(at: number): void {
    this.#serving = this.#all.filter(({ readyAt }) => readyAt <= at);
    this.#nextReadyAt = Math.min(
      ...this.#all.map(({ readyAt }) => readyAt).filter((readyAt) => readyAt > at),
      Infinity,
    );
  }
}

function waitingOf(instance: Instance, at: number): number {
  const { waiting } = instance;
  while (instance.firstWaiting < waiting.length && waiting[instance.firstWaiting]! <= at) {
    instance.firstWaiting += 1;
  }
  if (instance.firstWaiting > 1024) {
    instance.waiting = waiting.slice(instance.firstWaiting);
    instance.firstWaiting = 0;
  }
  return instance.waiting.length - instance.firstWaiting;
}

function replaceEarliest(heap: Float64Array, due: number): void {
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (heap[child]! >= due) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = due;
}
