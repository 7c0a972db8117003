import { clockHint, describeClockOffset } from '../../clock.js';
import { matching } from './credentials.js';
import type { ValidityRule } from './rule.js';

/** "Signature expired" and "Signature not yet current" come under the first of these names, beside wrong signatures. */
const refused =
  /InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed|RequestExpired|Signature (?:expired|not yet current)/i;

/**
 * The workers compare the `Date` of answers with their clocks. What lies within the uncertainty of that counts as too far
 * only when signatures were refused as well; where no answer had a date, the refusals have to do: the preflight has
 * shown that the credentials themselves are right.
 */
export const clockSkew: ValidityRule = {
  summary: "a worker's clock is further off the service's than its signatures may be (SigV4: 5 minutes)",
  check: ({ statistics, clockToleranceSeconds: tolerance }) => {
    const refusals = matching(statistics, refused);
    const measured = statistics.workers.flatMap(({ id, clockOffset }) =>
      clockOffset ? [{ id, clockOffset }] : [],
    );
    if (measured.length === 0 || tolerance === undefined) {
      return refusals.map(
        ({ error, occurrences }) =>
          `${occurrences} requests failed with ${error}: the clock of a worker is too far off. ${clockHint}`,
      );
    }
    const count = refusals.reduce((sum, { occurrences }) => sum + occurrences, 0);
    return measured
      .filter(({ clockOffset: { seconds, uncertaintySeconds } }) => {
        const doubt = count > 0 ? uncertaintySeconds : -uncertaintySeconds;
        return Math.abs(seconds) + doubt > tolerance;
      })
      .map(
        ({ id, clockOffset }) =>
          `The clock of worker ${id} is ${describeClockOffset(clockOffset)} the service's, by the Date of its answers; ` +
          `signatures may be ${tolerance} s off, and ${count} were refused. ${clockHint}`,
      );
  },
};
