import type { ThresholdsInput } from '../judge/thresholds/input.js';
import type { TolerableRuleId } from '../judge/validity/ids.js';
import type { LoadProfileInput } from '../load/profile.js';
import type { Exporter } from '../exporters/contract.js';
import type { Target } from '../target/contract.js';

/** Something that is named by its kind, with the options of that kind. */
export interface ByKind {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/**
 * What a configuration file holds. In every text `${NAME}` stands for a variable, `${NAME:-default}` for one that may
 * be missing or empty, and `$${` for `${`.
 */
export interface LoadwrightConfig {
  /** For editors; not read. */
  $schema?: string;
  /** Names the results folder. Default: the target's kind. */
  name?: string;
  /**
   * What is tested: a target, or its kind and options. A kind is one of Loadwright's own, a path (`./target.ts`), or a
   * package of the project (`@acme/target`; `kafka` is `loadwright-target-kafka`).
   */
  target: Target | ByKind;
  /** Base URLs that a test on a deployed fleet may have in place of that of `target` (`--host`). Default: only that one. */
  hosts?: readonly string[];
  /** Load-generating processes, 1 to 1,000. Default: as many as suit the fleet; 1 where it does not say. */
  workers?: number;
  /** How much load, and for how long. */
  load?: LoadProfileInput;
  /**
   * What the run must hold: `{ http_req_duration: ['p(95)<200'] }`. Default: none.
   * `{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' }` stops the load as soon as it does not hold.
   */
  thresholds?: ThresholdsInput;
  /** Rules of validity that only warn, each with why: `{ 'event-loop-lag': 'a shared machine' }`. Default: none. */
  tolerate?: Readonly<Partial<Record<TolerableRuleId, string>>>;
  /** The one request before the load. `waitUpTo`: how long a service that is starting is asked again. Default: not at all. */
  preflight?: { waitUpTo?: string };
  /** Where the load comes from. Default `{ kind: 'local' }`. */
  fleet?: ByKind;
  /**
   * Where the figures go while the load runs: `[{ kind: 'prometheus-remote-write', url: 'http://127.0.0.1:9090/api/v1/write' }]`. A kind
   * is one of Loadwright's own, a path, or a package of the project. Default: nowhere.
   */
  exporters?: readonly (Exporter | ByKind)[];
  /** Folder of all results, relative to this file. Default `results`. */
  results?: string;
}

/** A configuration with its target loaded and every layer applied; `createLoadTest` validates what is in it. */
export interface ResolvedConfig {
  readonly name?: string;
  readonly target: Target;
  readonly hosts?: readonly string[];
  /** Absent: as many as suit the fleet. */
  readonly workers?: number;
  readonly load: LoadProfileInput;
  readonly thresholds: ThresholdsInput;
  readonly tolerate?: Readonly<Partial<Record<TolerableRuleId, string>>>;
  readonly preflight?: { readonly waitUpTo?: string };
  readonly fleet: ByKind;
  readonly exporters?: readonly Exporter[];
  readonly results: string;
}

/** What {@link loadConfig} gives. */
export interface LoadedConfig {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly config: ResolvedConfig;
  /**
   * Where each value comes from, by its dotted path: `default`, `file`, `environment LOADWRIGHT_USERS` or
   * `flag --users`. A list is one value.
   */
  readonly origins: Readonly<Record<string, string>>;
  /** Dotted paths of what the file or a variable says of a load, and a flag that names another model of load replaced. */
  readonly leftOut: readonly string[];
  /** Dotted paths of options that the file leaves out and the target found on this machine. `origins` says where. */
  readonly found: readonly string[];
  /** The folder of the file: relative paths start here. */
  readonly baseDirectory: string;
}

/** Gives a configuration its type. */
export function defineConfig(config: LoadwrightConfig): LoadwrightConfig {
  return config;
}
