import type { Bundle } from '../bundle/bundle.js';
import type { CallOptions, Fleet, FleetHandle, FleetPlan, FleetRequest } from '../fleet/contract.js';
import type { JsonObject } from '../values/json.js';
import type { LoadProfileInput } from '../load/profile.js';
import type { CsvFileColumns } from '../payloads/write.js';
import type { TraceSummary } from '../payloads/trace/schedule.js';
import type { RunReport } from '../results/summary.js';
import type { Target } from '../target/contract.js';
import type { Exporter } from '../exporters/contract.js';
import type { ObserveOptions } from '../observe/options.js';
import type { OnProgress } from './events.js';
import type { ThresholdsInput } from '../judge/thresholds/input.js';
import type { TolerableRuleId } from '../judge/validity/ids.js';

/** What a load test is made of. */
export interface LoadTestOptions {
  /** What is tested: `sagemaker({ … })`. */
  target: Target;
  /**
   * Base URLs that a test on the same deployed fleet may have: one fleet, tests of one host after the other. The bundle holds
   * them, and its workers refuse any other. Default: only that of the target.
   */
  hosts?: readonly string[];
  /** Load-generating processes, 1 to 1,000. Default: as many as suit the fleet; 1 where it does not say. */
  workers?: number;
  /** How much load, and for how long. */
  load: LoadProfileInput;
  /**
   * What the run must hold, as in k6: `{ 'http_req_duration': ['p(95)<200'], 'http_req_failed': ['rate<0.01'] }`.
   * Times in milliseconds. `http_req_duration{name:predict}` looks at one request name; what the target measures is asked
   * for by its name. Default: `http_req_failed: ['rate<0.01']`, which applies unless one on that is written; an empty list
   * switches it off. `{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '10s' }` in place of a text stops the
   * load as soon as it does not hold.
   */
  thresholds?: ThresholdsInput;
  /**
   * Rules of validity that only warn in every run of this test, each with why: `{ 'event-loop-lag': 'a shared machine' }`.
   * The report shows the reason. Default: none.
   */
  tolerate?: Readonly<Partial<Record<TolerableRuleId, string>>>;
  /** The one request before the load. `waitUpTo`: how long a service that is starting is asked again. Default: not at all. */
  preflight?: { readonly waitUpTo?: string | undefined };
  /** Names the results folder: letters, digits, `.`, `_`, `-`. Default: the target's kind. */
  name?: string;
  /** The folder that relative paths start from. Default: the current one. */
  baseDirectory?: string;
  /** Where variables are read from. Default: `process.env`. */
  environment?: Readonly<Record<string, string | undefined>>;
}

/** How a load test is run. */
export interface RunOptions {
  /** Where the load comes from: `localFleet()`. */
  fleet: Fleet;
  /** Stops the load, collects what there is, and cleans up. The report then says `aborted`. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Parent of `{name}/{runId}/`. Default: `results` in the base directory. */
  resultsDirectory?: string;
  /**
   * Rules of validity that only warn, for a machine that is known to do other things: the verdict then says so, and
   * comes from the thresholds. Added to those of the test. Default: none.
   */
  tolerate?: readonly TolerableRuleId[];
  /** Make no request before the load; the report says so. Default false. */
  skipPreflight?: boolean;
  /**
   * Lets Locust's web UI change and reset the load while it runs: what is done there is marked in the report. Default
   * false: it is refused, and somebody who does it all the same makes the run INVALID.
   */
  interactive?: boolean;
  /**
   * Read what the service reports of itself while it is loaded (instances, CPU, its own latencies) into the report. It needs
   * permissions of its own to read; what fails is a note. Default false.
   */
  observe?: boolean | ObserveOptions;
  /**
   * Where the figures go while the load runs: `[prometheusRemoteWrite({ url })]`. What a receiver does can neither delay nor fail
   * the run; what did not arrive is a warning of the report. Default: nowhere.
   */
  exporters?: readonly Exporter[];
  /** Keep the fleet after the run. Default false. */
  keepFleet?: boolean;
  /**
   * The fleet id of a deployed fleet without a load: the test runs there, with its workers, and the fleet stays as it
   * is. It must have been deployed for the same target and payloads. Default: this run deploys a fleet of its own.
   */
  on?: string;
  /** Names this run. Default: a new id. */
  runId?: string;
  /** Names the fleet that this run deploys. Default: a new id. */
  fleetId?: string;
}

/** What a fleet would make for a test. */
export interface PlannedFleet {
  readonly plan: FleetPlan;
  readonly request: FleetRequest;
  /** What the test makes of the trace that its payloads are; absent: they are none, or not read. */
  readonly trace?: TraceSummary;
}

/** How a fleet is made for tests that come later. */
export interface DeployOptions extends Pick<
  RunOptions,
  'fleet' | 'signal' | 'onProgress' | 'resultsDirectory' | 'fleetId' | 'skipPreflight'
> {
  /**
   * What people call the fleet: 1 to 40 letters, digits and hyphens. No other fleet of the caller in that place may have it.
   * Wherever a fleet id is asked for, the name will do.
   */
  name?: string;
  /** Called before anything is made. What it throws ends the deployment. */
  agree?: (planned: PlannedFleet) => Promise<void>;
}

/** A fleet that was deployed, and exists until it is destroyed or its time to live is over. */
export interface Deployment {
  readonly fleetId: string;
  readonly handle: FleetHandle;
  /** The folder of this fleet: its resolved configuration, its bundle and its logs. */
  readonly resultsDirectory: string;
}

/** A load test whose options are valid. */
export interface LoadTest {
  readonly name: string;
  /** Base URL of the system under test, without a trailing slash. */
  readonly host: string;
  /** Every option with its default filled in and secrets redacted. */
  readonly configuration: JsonObject;
  /** What is known before the load to make its verdict doubtful, a sentence each. */
  readonly warnings: readonly string[];
  /**
   * Writes the files that Locust runs.
   *
   * @param options
   * @param options.directory Where to. Default: a new folder under the system's folder for temporary files.
   * @throws LoadwrightError `PAYLOADS_INVALID`
   */
  bundle(options?: { directory?: string; signal?: AbortSignal }): Promise<Bundle>;
  /**
   * What a fleet would make for this test: changes nothing. It reads all payloads, as a run does.
   *
   * @throws LoadwrightError `PAYLOADS_INVALID`, `CONFIG_INVALID`, what the fleet finds wrong, or `ABORTED`
   */
  plan(fleet: Fleet, options?: CallOptions & { readonly fleetId?: string }): Promise<PlannedFleet>;
  /**
   * What the test makes of the trace that its payloads are: reads all of it. Undefined when they are none.
   *
   * @throws LoadwrightError `PAYLOADS_INVALID`; `CONFIG_INVALID` when the load does not fit the trace; `ABORTED`
   */
  trace(options?: CallOptions): Promise<TraceSummary | undefined>;
  /**
   * Names and types of the columns of each CSV file whose rows become JSON: reads all of them.
   *
   * @throws LoadwrightError `PAYLOADS_INVALID`, `ABORTED`
   */
  csvColumns(options?: CallOptions): Promise<readonly CsvFileColumns[]>;
  /**
   * The target's one cheap request, with the credentials that the workers would use, made by the load's own code on this
   * machine.
   *
   * @param options.fleet Whose Python makes it: `localFleet()`.
   * @returns one line for people. Undefined: the target has none.
   * @throws LoadwrightError `PREFLIGHT_FAILED`, `CREDENTIALS_INVALID`, `PAYLOADS_INVALID`, `LOCUST_UNAVAILABLE`
   */
  preflight(options: {
    fleet: Fleet;
    signal?: AbortSignal;
    onProgress?: OnProgress;
  }): Promise<string | undefined>;
  /**
   * Runs the test and judges it. A threshold that breaks does not throw: read `verdict`.
   *
   * @throws LoadwrightError when the run could not be made: bad credentials, no fleet, resources that remain, or
   * `ABORTED` before any load was made.
   */
  run(options: RunOptions): Promise<RunReport>;
  /**
   * Deploys the fleet of this test and leaves it, all workers connected, no load started. See `deployFleet`, which also
   * opens it.
   *
   * @throws LoadwrightError as {@link run}; whatever had been made is removed.
   */
  deploy(options: DeployOptions): Promise<Deployment>;
}
