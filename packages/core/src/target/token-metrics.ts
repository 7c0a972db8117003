import { z } from 'zod';
import type { MetricDefinition } from '../locust/statistics.js';
import type { JsonObject } from '../values/json.js';
import { durationSchema, parseDuration } from '../values/duration.js';

/** What a request must meet to count as good, all of it together: the option `goodput` of targets that stream tokens. */
export const goodputSchema = z.strictObject({
  timeToFirstToken: durationSchema().optional().describe('longest time to the first token'),
  interTokenLatency: durationSchema()
    .optional()
    .describe('longest mean time between two tokens of an answer'),
  duration: durationSchema().optional().describe('longest time of a whole request'),
});

/** `goodput` of `target.json`, as `loadwright_runtime/answers/token_metrics.py` reads it. */
export function goodputConfig(limits: z.output<typeof goodputSchema>): JsonObject {
  const seconds = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));
  const given = {
    timeToFirstTokenSeconds: seconds(limits.timeToFirstToken),
    interTokenLatencySeconds: seconds(limits.interTokenLatency),
    durationSeconds: seconds(limits.duration),
  };
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

const trend = (description: string, unit = 'ms'): MetricDefinition => ({ kind: 'trend', unit, description });
const counter = (description: string, unit: string): MetricDefinition => ({
  kind: 'counter',
  unit,
  description,
});

/** `metrics` of a target whose Python files renew credentials: with `Renewed`, or with `aws_credentials`. */
export const renewalMetrics: Readonly<Record<string, MetricDefinition>> = {
  credential_renewals: counter('credentials that were renewed while the test ran', ''),
  credential_renewals_failed: counter('renewals of credentials that failed, and were tried again', ''),
};

/** `metrics` of a target whose Python files read streams with `token_reader()`. */
export const tokenMetrics: Readonly<Record<string, MetricDefinition>> = {
  time_to_first_token: trend('until the first event with output'),
  time_to_first_output: trend('until the first output after reasoning'),
  inter_token_latency: trend('(last - first token) / (tokens - 1), a request'),
  inter_chunk_gap: trend('between two events with output, all of them'),
  output_tokens_per_second: trend('tokens / time, a request', 'tokens/s'),
  output_tokens: counter('output tokens, as the answers say', 'tokens'),
  input_tokens: counter('input tokens, as the answers say', 'tokens'),
  output_chunks: counter('events that held a part of the output', 'chunks'),
  goodput: {
    kind: 'rate',
    unit: '',
    description: 'requests that met all limits of goodput together',
  },
  good_requests: counter('requests that met them', 'requests'),
};
