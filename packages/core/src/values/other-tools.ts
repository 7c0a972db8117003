/** What k6, vegeta, wrk, Locust and JMeter call things, by our names. */
const ofOtherTools: Readonly<Record<string, readonly string[]>> = {
  users: ['vus', 'virtualusers', 'concurrency', 'connections', 'threads', 'target'],
  arrivalRate: ['rate', 'rps', 'qps', 'tps', 'throughput', 'requestspersecond'],
  duration: ['time', 'runtime', 'length'],
  rampDuration: ['rampup', 'ramp', 'ramptime'],
  waitTime: ['thinktime', 'pause', 'sleep', 'pacing'],
  gracefulStop: ['stoptimeout', 'gracefulrampdown'],
  warmUp: ['warmuptime'],
  maxInFlight: ['maxvus', 'maxworkers'],
};

/** Which of our names is meant by another tool's word; undefined: none of these. */
export function namedElsewhere(word: string, names: readonly string[]): string | undefined {
  const plain = word.toLowerCase().replace(/[-_]/g, '');
  return names.find((name) => ofOtherTools[name]?.includes(plain));
}
