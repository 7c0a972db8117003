import { createServer, type AddressInfo } from 'node:net';
import {
  parseDuration,
  type Emulator,
  type EmulatorDefinition,
  type EmulatorStatistics,
} from '@loadwright/core/target';
import { SlotQueue, startLoopbackEndpoint } from '@loadwright/core/testing';
import { EmulatedRing, type RingCounts } from './emulated-ring.js';
import { emulatorOptionsSchema, type EmulatorInput, type EmulatorOptions } from './emulator-options.js';

/** An emulated ring, with what it counts for itself and with nodes that come and go. */
export interface DhtEmulator extends Emulator {
  counts(): RingCounts;
  /** Kills the node with this place in the ring. */
  leave(index: number): Promise<void>;
  /** Adds a node, which answers at the address that is returned: with `joinAfter`, the first at the one that waits for it. */
  join(): Promise<string>;
}

/**
 * A ring of nodes behind a load balancer that takes them in turn; each has a port of its own as well. The origin is inside: it
 * answers every URL with an object of the same size, and no request ever leaves the emulator. The queue belongs to the whole
 * cluster, and a request takes the same service time whether it is a hit or a miss.
 */
export const dhtEmulator: EmulatorDefinition<EmulatorInput, EmulatorOptions> = {
  options: emulatorOptionsSchema,
  start,
};

async function start(options: EmulatorOptions): Promise<DhtEmulator> {
  const ring = new EmulatedRing(options);
  const queue = new SlotQueue(options);
  const ofAll = ring.endpoint(() => ring.next());
  const balancer = await startLoopbackEndpoint({
    ...ofAll,
    capacity: options,
    admit: (now) => queue.admit(now),
  });
  try {
    await ring.open((endpoint, port) =>
      startLoopbackEndpoint({
        ...endpoint,
        capacity: { ...options, port },
        admit: (now) => queue.admit(now),
      }),
    );
  } catch (error) {
    await balancer.stop();
    throw error;
  }
  // Who observes the ring must know where the node will be.
  const place = options.joinAfter === undefined ? undefined : await keepPort();
  const join = async () => {
    await place?.release();
    return ring.join(place?.port);
  };
  const timers = [after(options.leaveAfter, () => ring.leave(0)), after(options.joinAfter, join)];
  const nodes = [...ring.ports(), ...(place ? [`127.0.0.1:${place.port}`] : [])];
  return {
    url: balancer.url,
    targetOptions: { baseUrl: balancer.url, protocol: options.protocol, nodes },
    environment: {},
    statistics: () => sumOf(balancer.statistics(), ring.statistics()),
    counts: () => ring.counts(),
    leave: (index) => ring.leave(index),
    join,
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([balancer.stop(), ring.close(), place?.release()]);
    },
  };
}

/** A port that nobody else takes, and at which nothing answers: connections to it are broken. */
async function keepPort(): Promise<{ readonly port: number; release(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function after(duration: string | undefined, action: () => Promise<unknown>): NodeJS.Timeout | undefined {
  if (duration === undefined) return undefined;
  return setTimeout(() => void action(), parseDuration(duration)! * 1000);
}

/** What was asked of one node about itself is no load: the observer of a run does so. */
function sumOf(all: EmulatorStatistics, each: readonly EmulatorStatistics[]): EmulatorStatistics {
  return each.reduce(
    (sum, { served, throttled, rejected }) => ({
      requests: sum.requests + served + throttled + rejected,
      served: sum.served + served,
      throttled: sum.throttled + throttled,
      rejected: sum.rejected + rejected,
    }),
    all,
  );
}
