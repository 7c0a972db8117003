import type { validityRules } from '@loadwright/core/command';
import type { Explanation } from './explanation.js';

/** What else ends a run as INVALID, or is a warning, beside the rules of the measurement. */
type OtherReason =
  | 'aborted'
  | 'all-failed'
  | 'exporter'
  | 'locust-version'
  | 'master-lost'
  | 'missing-values'
  | 'no-requests'
  | 'not-settled'
  | 'not-stopped'
  | 'observation'
  | 'refused-reports'
  | 'retried'
  | 'skew'
  | 'stall'
  | 'stopped'
  | 'worker-lost';

const moreWorkers = 'Use more workers or a larger machine; `loadwright size` prints how many.';
const logs = 'Read the logs of the workers in the results folder.';
const again = 'Run again. If it stays, report it with the results folder.';

/** Every reason for the verdict INVALID, and every warning, by its rule. */
export const invalidExplanations: Readonly<Record<keyof typeof validityRules | OtherReason, Explanation>> = {
  'worker-restarted': {
    meaning: 'A worker joined after the load had begun, so another one was restarted.',
    causes: ['A worker ran out of memory.', 'Its machine was taken away (spot), or restarted.'],
    steps: [logs, 'Give the workers more memory.'],
    pages: ['how-to/run-is-invalid.md'],
  },
  'worker-stalled': {
    meaning: 'A worker stood still for more than 3 s.',
    causes: ['A laptop that slept.', 'A machine that swaps, or a host that is overbooked.'],
    steps: ['Keep the machine awake and free of other work.'],
    pages: ['how-to/generator-is-the-limit.md'],
  },
  'load-length': {
    meaning:
      'The load was more than 2 s longer or shorter than planned, or the master saw nothing of it for more than 3 s.',
    causes: ['The machine of the master slept, or had too much to do.'],
    steps: ['Keep the machine awake.', again],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  events: {
    meaning: "Somebody changed the load, or reset the statistics, in Locust's web UI.",
    causes: ['A click in the web UI of an interactive run.'],
    steps: ['Run again without a change.'],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  exceptions: {
    meaning: 'The Locust file raised an exception that is no failure of a request.',
    causes: ['A defect in the Python files of a target.'],
    steps: ['Read the traceback in `locust_exceptions.csv`.'],
    pages: ['reference/python-api.md'],
  },
  'resources-exhausted': {
    meaning: 'A worker ran out of local ports, descriptors or memory for sockets.',
    causes: ['A service that closes every connection.', 'A low `ulimit -n`.'],
    steps: ['Raise `ulimit -n`.', moreWorkers],
    pages: ['how-to/generator-is-the-limit.md'],
  },
  'credentials-expired': {
    meaning: 'The credentials expired before the load ended.',
    causes: ['A session that is shorter than the load.'],
    steps: ['Use credentials that renew themselves: a role of the machine, a service principal.'],
    pages: ['explanation/secrets.md'],
  },
  'clock-skew': {
    meaning: "A worker's clock is further off the service's than its signatures may be (SigV4: 5 minutes).",
    causes: ['A machine without NTP.'],
    steps: ['Set the clock by NTP.'],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  exporter: {
    isWarning: true,
    meaning: 'Not all figures arrived where they were exported to.',
    causes: ['The receiver did not answer, was slow, or refused what it got.'],
    steps: ['Send the run again: `loadwright export --to KIND=URL`.'],
    pages: ['reference/exporters.md'],
  },
  observation: {
    isWarning: true,
    meaning: 'Figures of the service that `--observe` asked for could not be read.',
    causes: ['A missing permission to read them.', 'The service publishes them late, or not at all.'],
    steps: ['Grant the permission that the warning names, or run without `--observe`.'],
    pages: ['how-to/observe.md'],
  },
  stall: {
    isWarning: true,
    meaning: 'Nothing was answered for longer than 5 × p99, and at least 5 s, while requests were in flight.',
    causes: [
      'The service stood still, for instance while it was restarted or scaled.',
      'A balancer kept requests back.',
    ],
    steps: ['Look at what the service logged at that time; the charts of the report show it.'],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  retried: {
    isWarning: true,
    meaning:
      'More than 0.1 % of the requests were sent again, because the server had closed their idle connections just then.',
    causes: ['The server keeps idle connections for a shorter time than the load leaves them idle.'],
    steps: ['Let the server, and each proxy before it, keep idle connections longer.'],
    pages: ['reference/answers.md'],
  },
  'missing-values': {
    isWarning: true,
    meaning: 'A threshold is on a metric that more than 1 % of the requests that succeeded do not have.',
    causes: [
      'Answers without what the metric is of, such as chats without a token.',
      'A metric that only some of the request names have.',
    ],
    steps: [
      'Look whether those answers are empty: a check makes them failures.',
      'Write the threshold on the request names that have the metric: `metric{name:…}`.',
    ],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  skew: {
    isWarning: true,
    meaning:
      'How evenly a family of counters counts is unknown: its members may have been counted under two names, such as the id and the address of a node.',
    causes: [
      'The nodes of a ring call themselves differently in different answers, and the option `nodes` is not set.',
    ],
    steps: ['Set `nodes` to the addresses of all nodes.'],
    pages: ['reference/targets/dht.md'],
  },
  'locust-version': {
    isWarning: true,
    meaning: 'This version of Locust is not one that Loadwright is tested with.',
    causes: ['`LOADWRIGHT_LOCUST` names another one, or the image of a fleet brings it.'],
    steps: ['Leave `LOADWRIGHT_LOCUST` out, or install one of the versions that the warning names.'],
    pages: ['reference/versions.md'],
  },
  'refused-reports': {
    isWarning: true,
    meaning: 'The master refused reports of processes that are no workers of it.',
    causes: [
      'Workers of an earlier load that still run.',
      'Somebody else who reaches the port of the master.',
    ],
    steps: ['End the other processes, and let only the workers reach port 5557.'],
    pages: ['explanation/security.md'],
  },
  'generator-cpu': {
    meaning: 'A worker used more than 90 % of its core in more than 5 % of the samples.',
    causes: ['Too few workers for the load.', 'Other programs on the machine.'],
    steps: ['Close other programs.', moreWorkers],
    pages: ['how-to/generator-is-the-limit.md'],
  },
  'event-loop-lag': {
    meaning:
      "The p99 of the workers' event-loop lag was above 10 ms, so the times include the generator's own delay.",
    causes: ['Too few workers for the load.', 'Other programs on the machine.'],
    steps: ['Close other programs.', moreWorkers],
    pages: ['how-to/generator-is-the-limit.md'],
  },
  'offered-rate': {
    meaning: 'With an arrival rate: less than 95 % of the requests that were due were sent.',
    causes: ['Too few workers.', '`maxInFlight` is lower than rate × response time.'],
    steps: ['Raise `maxInFlight` if the reason says that requests waited.', moreWorkers],
    pages: ['how-to/generator-is-the-limit.md', 'reference/load-profiles.md'],
  },
  'percentile-samples': {
    meaning: 'A threshold asks for a percentile of too few requests: p(95) needs 100, p(99.9) needs 5,000.',
    causes: ['The load was too short or too slow for the percentile.'],
    steps: ['Let the load last longer, or ask for a lower percentile.'],
    pages: ['reference/thresholds-and-verdicts.md'],
  },
  accounting: {
    meaning: 'A request has no outcome or two, or the sums of seconds, request names and total differ.',
    causes: ['A defect, or a target that reports requests by itself.'],
    steps: [again],
    pages: ['reference/results.md'],
  },
  'unasked-answers': {
    meaning:
      'The service sent an answer that no request had asked for. It may have been counted for another request than the one it answers.',
    causes: [
      'A handler of the service that answers a request twice.',
      'A proxy or balancer that mixes up the answers of its connections.',
    ],
    steps: [
      'Send one request by hand and keep the connection open, for instance with `nc`: a second answer shows there.',
      'Send the load to the service itself, past proxies, to see which of them answers twice.',
    ],
    pages: ['reference/results.md'],
  },
  'service-counts': {
    meaning:
      'With `--observe`: the load counted more of something, such as cache hits, than the service did itself. As a warning: the service counted more than the load explains.',
    causes: [
      'INVALID: something before the service answered in its place, for instance a caching proxy.',
      'INVALID: the addresses that are read belong to another cluster than the load reaches.',
      'Warning: somebody else uses the service, too.',
    ],
    steps: [
      'Compare the numbers by part in the section "The service" of the report.',
      'Send the load to the service itself, past proxies, and keep others away.',
    ],
    pages: ['how-to/observe.md', 'reference/targets/dht.md'],
  },
  aborted: {
    meaning: 'You stopped the run before its end.',
    causes: ['Ctrl-C, SIGTERM, or the signal of a program.'],
    steps: ['Run again.'],
    pages: ['reference/exit-codes.md'],
  },
  'all-failed': {
    meaning: 'All requests failed.',
    causes: ['The service went down, or refuses everything under load.'],
    steps: ['Look at the failures of the report, and at their hints.'],
    pages: ['how-to/when-something-is-wrong.md'],
  },
  'no-requests': {
    meaning: 'No requests completed.',
    causes: ['The load is shorter than one answer takes.', 'The service hangs.'],
    steps: ['Let the load last longer.', 'Try one request by hand.'],
    pages: ['how-to/requests-time-out.md'],
  },
  'master-lost': {
    meaning: 'The master stopped answering in the middle of the run.',
    causes: ['Its process or machine ended.', 'The network or session to it broke off.'],
    steps: ['Read the log of the master in the results folder.', 'Run again.'],
    pages: ['how-to/run-is-invalid.md'],
  },
  'worker-lost': {
    meaning: 'A worker went missing while the load was running.',
    causes: ['It ran out of memory.', 'A spot machine was taken away.'],
    steps: [logs, 'Use machines on demand.'],
    pages: ['how-to/run-is-invalid.md'],
  },
  stopped: {
    meaning: 'The load was stopped from outside, or ended by itself, before its time.',
    causes: [
      'Somebody stopped it with another command or in the web UI.',
      'The Locust file raised an exception.',
    ],
    steps: ['Run again.'],
    pages: ['how-to/run-is-invalid.md'],
  },
  'not-stopped': {
    meaning: 'The load could not be stopped at its end.',
    causes: ['The master did not answer.'],
    steps: ['See that no load is left: `loadwright status FLEET`.', again],
    pages: ['how-to/run-is-invalid.md'],
  },
  'not-settled': {
    meaning: 'The counts of the workers did not become final after the load.',
    causes: ['A worker did not report its last figures.'],
    steps: [logs, again],
    pages: ['how-to/run-is-invalid.md'],
  },
};
