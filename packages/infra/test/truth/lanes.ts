import { Lane } from './lane.js';
import { Liar } from './liar.js';

/** So many loads at the same time: most of one is waiting, and a small machine has two cores. */
const most = 3;

/** The server, and places where loads are made beside each other. */
export class Lanes {
  readonly #liar: Liar;
  readonly #lanes: Lane[] = [];
  readonly #free: Lane[] = [];
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #opened = 0;

  private constructor(liar: Liar) {
    this.#liar = liar;
  }

  static async open(): Promise<Lanes> {
    return new Lanes(await Liar.start());
  }

  /** Does something in a lane as soon as one is free. */
  async use(work: (lane: Lane) => Promise<void>): Promise<void> {
    const lane = await this.#take();
    try {
      await work(lane);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(lane);
      else this.#free.push(lane);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    await this.#liar.stop();
  }

  async #take(): Promise<Lane> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#opened === most) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#opened += 1;
    const lane = await Lane.open(this.#liar);
    this.#lanes.push(lane);
    return lane;
  }
}
