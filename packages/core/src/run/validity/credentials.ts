import type { MasterStatistics } from '../../locust/statistics.js';
import type { ValidityRule } from './rule.js';

/** How AWS services and Databricks call a session that has ended. */
const expired = /Expired ?Token|token (?:has |is )?expired|security token.*expired/i;

export const credentialsExpired: ValidityRule = {
  summary: 'the credentials expired before the load ended',
  check: ({ expiresAt, endedAt, statistics }) => {
    if (expiresAt && expiresAt <= endedAt) {
      return [`The credentials expired at ${expiresAt.toISOString()}, before the load ended.`];
    }
    return matching(statistics, expired).map(
      ({ error, occurrences }) => `The credentials expired: ${occurrences} requests failed with ${error}.`,
    );
  },
};

/**
 * SigV4 allows five minutes between the caller's clock and the service's ("Signature expired", "Signature not yet
 * current"; AWS IAM User Guide, Troubleshoot AWS Signature Version 4). The preflight has shown that the
 * credentials themselves are right, so what refuses a signature afterwards is a worker's clock.
 */
const skewed =
  /InvalidSignature|SignatureDoesNotMatch|RequestTimeTooSkewed|RequestExpired|Signature (?:expired|not yet current)/i;

export const clockSkew: ValidityRule = {
  summary: "signatures were refused: a worker's clock is more than SigV4's five minutes off",
  check: ({ statistics }) =>
    matching(statistics, skewed).map(
      ({ error, occurrences }) =>
        `${occurrences} requests failed with ${error}: the clock of a worker is more than five minutes off. Synchronise it.`,
    ),
};

function matching({ errors }: MasterStatistics, pattern: RegExp) {
  return errors.filter(({ error }) => pattern.test(error));
}
