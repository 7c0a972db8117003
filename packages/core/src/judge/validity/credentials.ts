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

/** Failures of requests whose reason says something. */
export function matching({ errors }: MasterStatistics, pattern: RegExp) {
  return errors.filter(({ error }) => pattern.test(error));
}
