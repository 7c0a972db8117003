import { arrivalsBetween } from '../../load/arrival-rate.js';
import { type ValidityRule } from './rule.js';
import { formatRatio } from '../../values/format.js';

const leastShare = 0.95;
/** Workers begin a little after the master and report once a second: so much of the plan may lie outside. */
const edgeSeconds = 1;
/** Three standard deviations, √n each, of how many arrivals come at random: beyond is 1 run in 740. */
const deviations = 3;

/**
 * What was sent is what was due and not dropped. An answer that is still awaited at the end counts: a slow service is
 * no fault of the measurement, and shows in the response times.
 */
export const offeredRate: ValidityRule = {
  summary: 'with an arrival rate: less than 95 % of the requests that were due were sent',
  check: ({ statistics, arrivals, window }) => {
    if (!arrivals) return [];
    const { due: offered, dropped } = statistics.total;
    const planned = arrivalsBetween(arrivals, window.from + edgeSeconds, window.to);
    const chance = arrivals.kind === 'poisson' ? deviations * Math.sqrt(planned) : 0;
    const due = Math.max(offered, planned - chance);
    const sent = offered - dropped;
    if (sent >= due * leastShare) return [];
    const seconds = window.to - window.from;
    const advice =
      dropped > due - offered
        ? `${dropped} waited in vain while ${arrivals.maxInFlight} others were on their way: raise maxInFlight, or lower the rate.`
        : 'The generator did not keep up: use more workers.';
    return [
      `${Math.round(sent)} requests were sent of ${Math.round(due)} that were due in ${Math.round(seconds)} s ` +
        `(${formatRatio(sent / due)}, at least 95 % are needed). ${advice}`,
    ];
  },
};
