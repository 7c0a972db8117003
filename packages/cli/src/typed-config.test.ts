import { expect, it } from 'vitest';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { builtInTargets } from './config/built-in-targets.js';
import { builtInFleets } from './fleet/kinds.js';
import {
  defineConfig,
  type FleetKinds,
  type LoadwrightConfig,
  type TargetKinds,
  type TargetThresholds,
} from './typed-config.js';
import { builtInMetrics } from '@loadwright/core/command';
import type { BuiltInThresholds } from '@loadwright/core/config';

const target = {
  kind: 'sagemaker',
  endpointName: 'fraud',
  region: 'eu-west-1',
  payloads: 'a.jsonl',
} as const;
const load = { users: 5, duration: '30s' };

/** That each of these compiles, or does not, is what is tested: `npm run typecheck`. */
const right: LoadwrightConfig[] = [
  { target, load, thresholds: { http_req_duration: ['p(95)<200', 'avg <= 80', 'p(99.9) < 1000'] } },
  {
    target,
    load,
    thresholds: { 'http_req_duration{name:invoke}': ['med<50'], time_to_first_token: ['max<9'] },
  },
  {
    target,
    load,
    thresholds: { http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' }] },
    tolerate: { 'event-loop-lag': 'a shared machine' },
    fleet: { kind: 'ec2', instanceType: 'c7i.large' },
  },
  { target, load, thresholds: { variant_blue: ['p(95)<200'], entry_node_10_0_0_1_4000: ['count>9'] } },
  { target: { kind: './mine.ts', anything: 1 }, load, thresholds: { queue_depth: ['max<9'] } },
  { target: { kind: '@acme/target', anything: 1 }, load },
  { target: sagemaker(target), load },
  defineConfig({ target: sagemaker(target), load, thresholds: { queue_depth: ['max<9'] } }),
  defineConfig({ target, load, thresholds: { http_reqs: ['count>10'], http_req_failed: [] } }),
];

/** Slips. */
const wrong: LoadwrightConfig[] = [
  // @ts-expect-error a slip in an option that is needed
  { target: { kind: 'sagemaker', endpontName: 'fraud', region: 'eu-west-1', payloads: 'a.jsonl' }, load },
  // @ts-expect-error a slip in an option that is not
  { target: { ...target, requstName: 'a' }, load },
  // @ts-expect-error a kind that there is not
  { target: { kind: 'sagemakr', endpointName: 'fraud' }, load },
  // @ts-expect-error a metric that there is not
  { target, load, thresholds: { http_req_durration: ['p(95)<200'] } },
  // @ts-expect-error an expression without parentheses
  { target, load, thresholds: { http_req_duration: ['p95<1'] } },
  // @ts-expect-error an aggregation that the metric does not have
  { target, load, thresholds: { http_req_failed: ['p(95)<1'] } },
  // @ts-expect-error the same, in an object
  { target, load, thresholds: { http_req_failed: [{ threshold: 'rate<', abortOnFail: true }] } },
  // @ts-expect-error an aggregation that the metric of a node does not have
  { target, load, thresholds: { entry_node_10_0_0_1_4000: ['p(95)<200'] } },
  // @ts-expect-error an option of another kind of fleet
  { target, load, fleet: { kind: 'local', instanceType: 'c7i.large' } },
  // @ts-expect-error a rule that is never tolerated
  { target, load, tolerate: { accounting: 'because' } },
  // @ts-expect-error a metric that there is not, of a target that a function made
  defineConfig({ target: sagemaker(target), load, thresholds: { http_req_durration: ['p(95)<200'] } }),
  // @ts-expect-error an expression without parentheses, of a target that a function made
  defineConfig({ target: sagemaker(target), load, thresholds: { http_req_duration: ['p95<1'] } }),
  // @ts-expect-error the same of a metric of its own
  defineConfig({ target: sagemaker(target), load, thresholds: { queue_depth: ['p95<1'] } }),
];

it('names every kind of target and fleet that comes with Loadwright, and every metric', async () => {
  const targets: Record<keyof TargetKinds, true> = {
    ...{ sagemaker: true, databricks: true, rest: true, chalice: true, dht: true },
  };
  expect(Object.keys(targets)).toEqual(Object.keys(builtInTargets));
  const fleets: Record<keyof FleetKinds, true> = { local: true, ec2: true, ecs: true };
  expect(Object.keys(fleets).sort()).toEqual(Object.keys(builtInFleets).sort());
  const builtIn: Record<keyof BuiltInThresholds, true> = {
    ...{
      http_req_duration: true,
      http_req_service: true,
      http_req_response: true,
      http_req_first_byte: true,
    },
    ...{ http_req_blocked: true, http_req_connecting: true, http_req_tls_handshaking: true },
    ...{ http_req_failed: true, http_reqs: true, dropped_iterations: true },
  };
  expect(Object.keys(builtIn)).toEqual(Object.keys(builtInMetrics));
  const ofTargets: Record<keyof TargetThresholds, true> = {
    ...{
      time_to_first_token: true,
      time_to_first_output: true,
      inter_token_latency: true,
      inter_chunk_gap: true,
    },
    ...{ output_tokens_per_second: true, output_tokens: true, input_tokens: true, output_chunks: true },
    ...{ goodput: true, good_requests: true, retry_after: true },
    ...{ credential_renewals: true, credential_renewals_failed: true, flow_duration: true },
    ...{ flows_completed: true, flow_completion: true, cache_hit: true, node_latency: true },
    ...{ hit_local: true, hit_remote: true, miss_origin: true, miss_hot: true, unknown: true, hops: true },
    ...{ async_enqueue: true, async_end_to_end: true, async_outputs_removed: true },
    ...{ async_list_calls: true, async_list_calls_failed: true },
  };
  const ofFamilies: Record<`${string}_*`, keyof TargetThresholds> = {
    ...{ 'entry_node_*': 'entry_node_a', 'responsible_node_*': 'responsible_node_a' },
    ...{ 'entry_node_id_*': 'entry_node_id_a', 'responsible_node_id_*': 'responsible_node_id_a' },
    ...{ 'variant_*': 'variant_a' },
  };
  const measured = new Set<string>();
  for (const load of Object.values(builtInTargets)) {
    for (const name of Object.keys((await load()).default.definition.metrics ?? {})) measured.add(name);
  }
  const named = [...Object.keys(ofTargets), ...Object.keys(ofFamilies)];
  expect(named.sort()).toEqual([...measured].sort());
  expect(right.length + wrong.length).toBe(22);
});
