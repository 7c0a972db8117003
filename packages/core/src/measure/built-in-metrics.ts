/** What every target measures, which a report shows in places of its own. */
const builtInTrends = new Set([
  'http_req_service',
  'http_req_response',
  'http_req_blocked',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'http_req_first_byte',
  'loop_lag',
]);

/** Counters of the generator itself; all others are the target's. */
const generatorCounters = new Set(['late', 'retried_idle', 'tls_resumed', 'interrupted', 'unasked']);

/** Whether a metric or a counter is the runtime's own, and not the target's. */
export function isBuiltIn(name: string): boolean {
  return builtInTrends.has(name) || generatorCounters.has(name);
}
