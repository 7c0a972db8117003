import type { LoadwrightConfig as AnyConfig } from '@loadwright/core/config';
import type {
  BuiltInThresholds,
  CheckedThresholds,
  CounterExpression,
  ForeignThresholds,
  RateExpression,
  ThresholdsOn,
  TrendExpression,
} from '@loadwright/core/config';
import type { Target, ThresholdsInput } from '@loadwright/core';
import type { Ec2FleetOptions } from '@loadwright/infra/ec2';
import type { EcsFleetOptions } from '@loadwright/infra/ecs';
import type { LocalFleetOptions } from '@loadwright/infra/local';
import type { ChaliceInput } from '@loadwright/targets/chalice';
import type { DatabricksInput } from '@loadwright/targets/databricks';
import type { DhtInput } from '@loadwright/targets/dht';
import type { RestInput } from '@loadwright/targets/rest';
import type { SagemakerInput } from '@loadwright/targets/sagemaker';

/** Options of the targets that come with Loadwright, by kind. */
export interface TargetKinds {
  sagemaker: SagemakerInput;
  databricks: DatabricksInput;
  rest: RestInput;
  chalice: ChaliceInput;
  dht: DhtInput;
}

/** Options of the fleets that come with Loadwright, by kind. */
export interface FleetKinds {
  local: LocalFleetOptions;
  ec2: Ec2FleetOptions;
  ecs: EcsFleetOptions;
}

/** What thresholds on metrics of those targets may say. */
export interface TargetThresholds {
  time_to_first_token: TrendExpression;
  time_to_first_output: TrendExpression;
  inter_token_latency: TrendExpression;
  inter_chunk_gap: TrendExpression;
  output_tokens_per_second: TrendExpression;
  output_tokens: CounterExpression;
  input_tokens: CounterExpression;
  output_chunks: CounterExpression;
  goodput: RateExpression;
  good_requests: CounterExpression;
  retry_after: TrendExpression;
  credential_renewals: CounterExpression;
  credential_renewals_failed: CounterExpression;
  flow_duration: TrendExpression;
  flows_completed: CounterExpression;
  flow_completion: RateExpression;
  cache_hit: RateExpression;
  hit_local: CounterExpression;
  hit_remote: CounterExpression;
  miss_origin: CounterExpression;
  miss_hot: CounterExpression;
  unknown: CounterExpression;
  hops: TrendExpression;
  node_latency: TrendExpression;
  async_enqueue: TrendExpression;
  async_end_to_end: TrendExpression;
  async_list_calls: CounterExpression;
  async_list_calls_failed: CounterExpression;
  async_outputs_removed: CounterExpression;
  [ofOneNode: `entry_node_${string}` | `responsible_node_${string}`]: CounterExpression;
  [ofOneVariant: `variant_${string}`]: TrendExpression;
}

type ByKind<Kinds> = { [Kind in keyof Kinds]: { kind: Kind } & Kinds[Kind] }[keyof Kinds];

/** A target of somebody else's: a path, or the whole name of a package. */
interface PluginByKind {
  kind:
    `./${string}` | `../${string}` | `/${string}` | `@${string}/${string}` | `loadwright-target-${string}`;
  [option: string]: unknown;
}

interface Common extends Omit<AnyConfig, 'target' | 'thresholds' | 'fleet'> {
  /** Where the load comes from. Default `{ kind: 'local' }`. */
  fleet?: ByKind<FleetKinds>;
}

interface OfBuiltInTarget extends Common {
  target: ByKind<TargetKinds>;
  /** What the run must hold: `{ http_req_duration: ['p(95)<200'] }`. */
  thresholds?: ThresholdsOn<BuiltInThresholds & TargetThresholds>;
}

interface OfOtherTarget extends Common {
  target: Target | PluginByKind;
  thresholds?: ForeignThresholds;
}

/**
 * What a configuration file holds, so that an editor completes it and a slip is an error: in an option of a kind of target
 * or fleet, in the name of a metric, in an expression of a threshold.
 */
export type LoadwrightConfig = OfBuiltInTarget | OfOtherTarget;

/** Gives a configuration its type. Names of metrics are checked also where the target is made by a function. */
export function defineConfig<const Given extends ThresholdsInput>(
  config: LoadwrightConfig & { thresholds?: CheckedThresholds<Given> & Given },
): LoadwrightConfig {
  return config;
}
