import type { ValidityRule } from './rule.js';
import { formatMeasured } from '../../values/format.js';

/** How far the measured length may be off the planned one, in seconds: stages tick once a second. */
const toleranceSeconds = 2;
/** The longest time without a sample, in seconds: the master stamps one each second. */
const longestHole = 3;

/** A load that was ended early on purpose is INVALID for that. */
export const loadLength: ValidityRule = {
  summary:
    'the load was more than 2 s longer or shorter than planned, or the master saw nothing of it for more than 3 s',
  check: ({ length }) => {
    if (length.endedEarly) return [];
    const { plannedSeconds, measuredSeconds, startedAt } = length;
    const reasons: string[] = [];
    if (Math.abs(measuredSeconds - plannedSeconds) > toleranceSeconds) {
      reasons.push(
        `The load lasted ${formatMeasured(measuredSeconds, 's')}, and was planned for ${formatMeasured(plannedSeconds, 's')}: ` +
          `a master that was stopped or had too much to do cannot end it in time.`,
      );
    }
    const moments = [startedAt, ...length.sampledAt, startedAt + measuredSeconds].sort(
      (one, other) => one - other,
    );
    const holes = moments.slice(1).map((moment, index) => ({
      from: moments[index]! - startedAt,
      seconds: moment - moments[index]!,
    }));
    const longest = holes.reduce((most, hole) => (hole.seconds > most.seconds ? hole : most), {
      from: 0,
      seconds: 0,
    });
    if (longest.seconds > longestHole) {
      reasons.push(
        `The master saw nothing of the load for ${formatMeasured(longest.seconds, 's')}, from ${formatMeasured(longest.from, 's')} on: ` +
          'it was stopped, or its machine had too much to do.',
      );
    }
    return reasons;
  },
};
