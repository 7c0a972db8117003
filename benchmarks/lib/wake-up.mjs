/** What the kernel saw of the requests, and how long the client's process then waited for the scheduler. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { benchmarks, clientsFolder, venvBin } from './paths.mjs';
import { start } from './processes.mjs';

/** A Locust file beside that of the load, which writes when answers were read. */
export const readsPlugin = join(clientsFolder, 'record_reads.py');

const patienceMilliseconds = 10_000;

// The clocks of two cores of a virtual machine are some microseconds apart: 5 were seen. The shortest answer takes a millisecond, so
// that a read of another answer is further away.
const mostApartNanoseconds = 100_000;

/**
 * Watches a port of loopback from now on.
 *
 * @param {{ port: string, requests: number, folder: string, launch: object }} options requests: at most so many
 * @returns {Promise<{ environment: Record<string, string>, finish: () => Promise<object[]>, stop: () => Promise<void> }>}
 * environment: for the client with {@link readsPlugin}; finish: when the client has ended, what {@link separate} gives
 */
export async function watchLoopback({ port, requests, folder, launch }) {
  const file = (name) => join(folder, name);
  const epoch = String(Math.floor(Date.now() / 1000));
  const script = join(benchmarks, 'observers/loopback_times.py');
  const command = [venvBin('python'), script, port, file('kernel.json'), String(requests), epoch];
  const child = start(command, { ...launch, env: { PATH: process.env.PATH }, log: file('observer.log') });
  const read = (name) => JSON.parse(readFileSync(file(name), 'utf8'));
  const limit = Date.now() + patienceMilliseconds;
  while (!child.output().includes('ready')) {
    child.assertRunning();
    if (Date.now() > limit) throw new Error(`loopback is not watched: ${child.output()}`);
    await sleep(20);
  }
  return {
    environment: { BENCHMARK_READS: file('reads.json'), BENCHMARK_EPOCH: epoch },
    async finish() {
      await child.stop();
      return separate(read('kernel.json'), read('reads.json'));
    },
    stop: () => child.stop('SIGKILL'),
  };
}

/**
 * Where the time of each answer went, in milliseconds.
 *
 * @param {[number, number, number][]} answers the client's port, when the request came to the server's socket, and when
 * the answer came to the client's, in nanoseconds
 * @param {[number, number, number, number][]} reads the client's port, when its process last went to sleep, when it went
 * on, and when it came to this answer
 * @returns {{ kernel: number, wakeUp: number }[]} kernel: from the request's packet to the answer's; wakeUp: from that to
 * the moment at which the sleeping process went on; 0 when it did not sleep, since then it was busy itself
 */
function separate(answers, reads) {
  const readsOf = byPort(reads);
  return [...byPort(answers)].flatMap(([port, list]) => {
    const own = readsOf.get(port) ?? [];
    return list.slice(0, own.length).map(([, asked, answered], index) => {
      const [, asleep, woke, read] = own[index];
      if (read < answered - mostApartNanoseconds) throw new Error('an answer was read before it was there');
      const slept = asleep < answered && answered < woke && woke <= read;
      return { kernel: (answered - asked) / 1e6, wakeUp: slept ? (woke - answered) / 1e6 : 0 };
    });
  });
}

function byPort(rows) {
  const map = new Map();
  for (const row of rows) {
    if (!map.has(row[0])) map.set(row[0], []);
    map.get(row[0]).push(row);
  }
  return map;
}
