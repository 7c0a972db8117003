import type { OptionsSchema } from './options-schema.js';
import type { JsonObject } from '../values/json.js';
import type { MetricDefinition } from '../locust/statistics.js';
import type { TargetPayloads } from '../payloads/source.js';
import type { IamStatement, TargetContext } from './context.js';
import type { EmulatorDefinition } from './emulator-contract.js';
import type { ObservationDefinition } from './observation-contract.js';
import type { PreflightAnswer } from './preflight-answer.js';
import type { ScalingAdvice, ScalingDefinition } from './scaling-contract.js';
import type { StagedInputs, StagingContext } from './staging-contract.js';
import type { TlsOptions } from './tls-options.js';

export type { IamStatement, TargetContext } from './context.js';

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
  /**
   * Hands out what is renewed while a load runs, to workers on this machine. Asked for where the values end before the load
   * would. Absent: they cannot be renewed from here.
   */
  serve?(): Promise<ServedEnvironment>;
}

/** Where workers on this machine get values that are renewed. */
export interface ServedEnvironment {
  /** Beside those of {@link ResolvedEnvironment.variables} that stay. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of those that go: values that are not renewed. */
  readonly replaces: readonly string[];
  /** Values that must never be written. */
  readonly secrets: readonly string[];
  /** Hands out no more. */
  close(): Promise<void>;
}

/** The value of an option that the configuration does not set. */
export interface FoundOption {
  readonly value: string;
  /** Where it was found, for people: `environment DATABRICKS_HOST`. */
  readonly origin: string;
}

/** The longest body that a service takes. */
export interface BodyLimit {
  readonly bytes: number;
  /** Whose limit it is, for a sentence: `is what API Gateway takes`. */
  readonly what: string;
  /** What to do about longer ones. */
  readonly hint: string;
  /** What the target makes of a payload. Absent: it is sent as it is. */
  readonly made?: MadeBody;
}

/** How long the bodies are that a target makes of its payloads. */
export interface MadeBody {
  /** By how much a body may be longer than its payload, in bytes: shorter payloads are not measured. `Infinity`: that depends on them. */
  readonly mostAdded: number;
  /** Length of a body in bytes; of parts that differ from request to request, at their shortest. */
  bytesOf(payload: MeasuredPayload): number;
}

/** A payload, for {@link MadeBody}. */
export interface MeasuredPayload {
  readonly kind: 'json' | 'text' | 'base64';
  /** The JSON text as it was written, the text itself, or its bytes in base64. */
  readonly text: string;
  /** Length of what it stands for, in bytes. */
  readonly bytes: number;
  /** Its own; undefined: the target's. */
  readonly contentType?: string | undefined;
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

/**
 * What a preflight may ask for in place of the load's first request: a path of the host, with GET, of which any status is right; or the
 * name of a request of the load, where it makes several.
 */
export type OtherRequest = { readonly path: string } | { readonly name: string };

/** What a preflight needs beyond the context. */
export interface PreflightContext extends TargetContext {
  /** What {@link TargetDefinition.resolveEnvironment} gave. Empty where a fleet has credentials of its own. */
  readonly resolvedEnvironment: ResolvedEnvironment;
  /** Sends one request, by the same Python code, over the same route and with the same environment as the load. */
  request(other?: OtherRequest): Promise<PreflightAnswer>;
}

/**
 * How one kind of endpoint is tested. Version 1 of the contract.
 *
 * Members are functions of the validated options. They must not have side effects; only `resolveEnvironment`,
 * `stageInputs` and `preflight` may use the network.
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
  /**
   * Options that the configuration leaves out and the machine of whoever starts a run knows, from variables or a file of the service's
   * own tools. They are filled in before validation, so bundles hold them. Never a secret. Throws `CREDENTIALS_INVALID` or
   * `CONFIG_INVALID` where what it finds is contradictory. Must return nothing for an option that is set.
   *
   * @param options As written, before validation.
   */
  findOptions?(
    options: Readonly<Record<string, unknown>>,
    context: Pick<TargetContext, 'environment'>,
  ): Readonly<Record<string, FoundOption>>;
  /** The Locust file, a static `.py` file. It becomes `locustfile.py` of the bundle. */
  readonly locustfile: URL;
  /** Further static `.py` files that the Locust file imports by their base names. */
  readonly pythonModules?: readonly URL[];
  /** Base URL of the system under test, without a trailing slash: Locust's `--host`. */
  host(options: Options): string;
  /** What the Python files need to know: `target.json`. Never a secret. */
  targetConfig(options: Options): JsonObject;
  /**
   * The names of all requests of a load: a threshold on another one is refused before it. Absent or undefined: they are not known before.
   */
  requestNames?(options: Options): readonly string[] | undefined;
  /** Whom TLS trusts and what it shows, from files: the option of `tlsOptionsSchema`. Absent: the system's authorities. */
  tls?(options: Options): TlsOptions | undefined;
  /**
   * Where payloads come from; parts name for which requests they are. Absent or undefined: the Python files make the requests by
   * themselves.
   */
  payloads?(options: Options): TargetPayloads | undefined;
  /**
   * The longest body that the service takes: a payload of which a longer one is made is refused before a fleet is made.
   * Undefined: it is not known, or no body is made of payloads.
   *
   * @param requests What a part of the payloads names as the requests that it is for.
   */
  bodyLimit?(options: Options, requests?: string): BodyLimit | undefined;
  /**
   * What of a payload of JSON may be a mistake, and what to change then. Every one is looked at while they are read; equal hints are one
   * warning before the load. Undefined: nothing.
   */
  payloadHint?(options: Options, payload: unknown): string | undefined;
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
   * Puts the bodies of the load where the service fetches them by itself, before the preflight and before a load; whoever
   * starts the run removes them at its end. Undefined: there is nothing to put. Throws `PREFLIGHT_FAILED`, `CREDENTIALS_INVALID`
   * or `CONFIG_INVALID`, with nothing left behind.
   */
  stageInputs?(options: Options, context: StagingContext): Promise<StagedInputs | undefined>;
  /** What whoever starts a run must be allowed to do for {@link stageInputs}. */
  stagingStatements?(options: Options): readonly IamStatement[];
  /**
   * How far a node's clock may be off the service's, in seconds, before the service refuses what it signs: 300 for
   * SigV4. A run with a worker beyond it is INVALID. Absent: no clock matters.
   */
  readonly clockToleranceSeconds?: number | ((options: Options) => number | undefined);
  /** What the nodes must be allowed to do, least privilege. */
  iamStatements?(options: Options): readonly IamStatement[];
  /**
   * What the Python files measure beside the built-in metrics, by name: thresholds may ask for it. It is recorded there with
   * `self.metrics`; the kinds must be the same. A name that ends in `*` stands for all that begin like it, and are known by the
   * load alone: `entry_node_*`. What none of them has recorded is not measured, also of counters.
   * The report shows how unevenly such counters are spread, unless one of them is `…_others`, which stands for several. What may
   * have another name as well is counted in a family within that one, `entry_node_id_*`: where both have counted, the report says
   * that the spread is unknown, with the description of the inner one.
   */
  readonly metrics?: Readonly<Record<string, MetricDefinition>>;
  /** Facts that belong in every report, for instance `{ protocol: 'koorde' }`. */
  labels?(options: Options): Readonly<Record<string, string>>;
  /** A local stand-in for the service. */
  readonly emulator?: EmulatorDefinition;
  /** How the service scales, or at least how it should. Absent: it does not, or nobody has said how. */
  readonly scaling?: ScalingDefinition<Options> | ScalingAdvice<Options>;
  /**
   * What the service reports of itself during a run (`--observe`). Absent: the number of instances, where {@link scaling} can
   * observe it; else nothing.
   */
  readonly observation?: ObservationDefinition<Options>;
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
