import { expect, it } from 'vitest';
import { parsePrometheus } from './prometheus.js';

it('reads what Prometheus and OpenMetrics write, and leaves out what is no sample', () => {
  const text = `# HELP cpu_usage_percentage CPU
# TYPE cpu_usage_percentage gauge
cpu_usage_percentage{workload="a, \\"b\\" } c\\\\d",} 12.5 1700000000000
request_latency_ms_bucket{le="+Inf"} 7 # {trace_id="x"} 1.2
up 1\r
empty{} -3e2
infinite -Inf
unknown NaN
not a sample
broken{x="1" 5
# EOF
`;
  expect(parsePrometheus(text)).toEqual([
    { name: 'cpu_usage_percentage', labels: { workload: 'a, "b" } c\\d' }, value: 12.5 },
    { name: 'request_latency_ms_bucket', labels: { le: '+Inf' }, value: 7 },
    { name: 'up', labels: {}, value: 1 },
    { name: 'empty', labels: {}, value: -300 },
    { name: 'infinite', labels: {}, value: -Infinity },
    { name: 'unknown', labels: {}, value: NaN },
  ]);
});
