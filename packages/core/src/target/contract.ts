import type { OptionsSchema } from './options-schema.js';
import type { JsonObject } from '../values/json.js';
import type { MetricDefinition } from '../locust/statistics.js';
import type { TargetPayloads } from '../payloads/source.js';
import type { EmulatorDefinition } from './emulator-contract.js';
import type { PreflightAnswer } from './preflight-answer.js';
import type { ScalingAdvice, ScalingDefinition } from './scaling-contract.js';
import type { TlsOptions } from './tls-options.js';

/** A variable that every load-generating node needs. */
export interface EnvironmentVariable {
  readonly name: string;
  /** True when the value must never be written anywhere. */
  readonly secret: boolean;
  /** True when the load cannot be made without it. */
  readonly required: boolean;
  /** What it holds and where to get it, in one line. */
  readonly description: string;
}

/** Values for the nodes' environment. */
export interface ResolvedEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** When the credentials among the values stop working. Absent: not known, or never. */
  readonly expiresAt?: Date;
}

/** One statement of an IAM policy, as AWS spells it. */
export interface IamStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: JsonObject;
}

/** What surrounds a target's calls. */
export interface TargetContext {
  /** The caller's environment; read variables from here, never from `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths in the options start from. */
  readonly baseDirectory: string;
  readonly signal: AbortSignal;
}

/** What a preflight call saw. */
export interface PreflightReport {
  /** One line for people: what was asked and what was answered. */
  readonly summary: string;
  /** Time from sending to the last byte of the answer, in milliseconds. */
  readonly latencyMilliseconds: number;
  /** What people should think about, though the answer is right: a time-out beyond the service's own limit. */
  readonly notes?: readonly string[];
}

/** What a preflight may ask for in place of the load's first request. */
export type OtherRequest = { readonly path: string } | { readonly name: string };

/** What a preflight needs beyond the context. */
export interface PreflightContext extends TargetContext {
  /** What {@link TargetDefinition.resolveEnvironment} gave. Empty where a fleet has credentials of its own. */
  readonly resolvedEnvironment: ResolvedEnvironment;
  /**
   * Sends one request, by the same Python code, over the same route and with the same environment as the load.
   *
   * @param other.path A path of the host that is asked for with GET, in place of the load's first request; any status is
   * right.
   * @param other.name Name of a request of the load, where it makes several.
   */
  request(other?: OtherRequest): Promise<PreflightAnswer>;
}

/**
 * How one kind of endpoint is tested. Version 1 of the contract.
 *
 * Members are functions of the validated options. They must not have side effects; only `resolveEnvironment` and
 * `preflight` may use the network.
 */
export interface TargetDefinition<Input = unknown, Options = unknown> {
  readonly specificationVersion: 1;
  /** Unique name, lower case with hyphens: `sagemaker`. */
  readonly kind: string;
  /** What it tests, in one line. */
  readonly summary: string;
  readonly options: OptionsSchema<Input, Options>;
  /** Options that validate, used by `loadwright init` and by the documentation. */
  readonly example: Input;
  /** The Locust file, a static `.py` file. It becomes `locustfile.py` of the bundle. */
  readonly locustfile: URL;
  /** Further static `.py` files that the Locust file imports by their base names. */
  readonly pythonModules?: readonly URL[];
  /** Base URL of the system under test, without a trailing slash: Locust's `--host`. */
  host(options: Options): string;
  /** What the Python files need to know: `target.json`. Never a secret. */
  targetConfig(options: Options): JsonObject;
  /** Whom TLS trusts and what it shows, from files: the option of {@link tlsOptionsSchema}. Absent: the system's authorities. */
  tls?(options: Options): TlsOptions | undefined;
  /**
   * Where payloads come from; parts name for which requests they are. Absent or undefined: the Python files make the requests by
   * themselves.
   */
  payloads?(options: Options): TargetPayloads | undefined;
  /** The variables that every node needs. */
  environment?(options: Options): readonly EnvironmentVariable[];
  /** Finds the values of {@link environment}. Throws `CREDENTIALS_INVALID` when one is missing. */
  resolveEnvironment?(options: Options, context: TargetContext): Promise<ResolvedEnvironment>;
  /**
   * Says what the answer to one real request means. It asks with {@link PreflightContext.request} and with no client of its own,
   * which would find other things than the load. Throws `PREFLIGHT_FAILED` or `CREDENTIALS_INVALID`, with a hint; what may pass
   * by itself, such as a service that is starting, is `retryable`. May be called again.
   */
  preflight?(options: Options, context: PreflightContext): Promise<PreflightReport>;
  /**
   * How far a node's clock may be off the service's, in seconds, before the service refuses what it signs: 300 for
   * SigV4. A run with a worker beyond it is INVALID. Absent: no clock matters.
   */
  readonly clockToleranceSeconds?: number | ((options: Options) => number | undefined);
  /** What the nodes must be allowed to do, least privilege. */
  iamStatements?(options: Options): readonly IamStatement[];
  /**
   * What the Python files measure beside the built-in metrics, by name: thresholds may ask for it. It is recorded there with
   * `self.metrics`; the kinds must be the same.
   */
  readonly metrics?: Readonly<Record<string, MetricDefinition>>;
  /** Facts that belong in every report, for instance `{ protocol: 'koorde' }`. */
  labels?(options: Options): Readonly<Record<string, string>>;
  /** A local stand-in for the service. */
  readonly emulator?: EmulatorDefinition;
  /** How the service scales, or at least how it should. Absent: it does not, or nobody has said how. */
  readonly scaling?: ScalingDefinition<Options> | ScalingAdvice<Options>;
}

/** A target with its options, as a target's factory returns it. The options are validated by `createLoadTest`. */
export interface Target {
  readonly definition: TargetDefinition;
  readonly options: unknown;
}

/** Makes a {@link Target}: `sagemaker({ endpointName: 'fraud' })`. The default export of a target plugin. */
export interface TargetFactory<Input = unknown, Options = unknown> {
  (options: Input): Target;
  readonly definition: TargetDefinition<Input, Options>;
}
