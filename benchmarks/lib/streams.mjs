/** Many streams at a time on one worker: whether their times are those of the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { chat } from './clients.mjs';
import { percentile } from './statistics.mjs';
import { observe } from './truth.mjs';

/** What each metric is called in the server's log. */
const metrics = { time_to_first_token: 'firsts', inter_chunk_gap: 'gaps' };

/**
 * Keeps as many chats as there are connections under way, each of which streams its tokens with pauses.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ connections: number, seconds: number, pauseMilliseconds: number, events: number }} options events: tokens of each chat
 * @returns {Promise<{ worst50: number, worst99: number, lag: number, requests: number }>} in milliseconds; worst50, worst99:
 * largest difference to the server's own percentile, of both metrics; lag: p99 of how late the server's loop is
 */
export async function streams(setup, { connections, seconds, pauseMilliseconds, events }) {
  const { statistics, lag, ...times } = await observe(setup, {
    script: 'streams.mjs',
    users: connections,
    chat: chat('/stream', true),
    server: { BENCHMARK_EVENTS: String(events), BENCHMARK_PAUSE_MS: String(pauseMilliseconds) },
    watch: () => sleep(seconds * 1000),
  });
  const { trends, failed, succeeded } = statistics.total;
  if (failed > 0) throw new Error(`${failed} requests failed`);
  if (times.firsts.length !== succeeded)
    throw new Error(`the server began ${times.firsts.length} chats, ${succeeded} were counted`);
  const worst = (fraction) =>
    Math.max(
      ...Object.entries(metrics).map(([metric, log]) => {
        const own = Array.from(Float64Array.from(times[log]).sort(), (value) => [value, 1]);
        return Math.abs(percentile(trends[metric].histogram, fraction) - percentile(own, fraction));
      }),
    );
  return { worst50: worst(0.5), worst99: worst(0.99), lag, requests: succeeded };
}
