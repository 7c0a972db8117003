import type { Probe } from '../fleet/contract.js';
import type { TargetFactory } from '../target/contract.js';

/** A further short load against the emulator, and what it must show. */
export interface TargetLoad {
  /** Options of the target, beside those that the suite checks with: they turn on a stream, or several names. */
  readonly options?: object;
  /** Options of the emulator: a token that lasts for seconds, a model that streams. */
  readonly emulator?: object;
  /** How long requests begin. Default `1s`. */
  readonly duration?: string;
  /** Metrics of the definition that this load must record. */
  readonly metrics?: readonly string[];
  /** Names that its requests must have. */
  readonly names?: readonly string[];
}

/** What every check works with. */
export interface TargetSubject {
  readonly factory: TargetFactory;
  readonly definition: TargetFactory['definition'];
  /** Not validated. */
  readonly options: unknown;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What makes the requests of one preflight; whoever opens it closes it. */
  readonly openProbe: () => Probe;
  /** Makes what the probe needs: a Locust that is missing takes longer to install than a preflight may. */
  readonly prepareProbe: () => Promise<unknown>;
  /** Path or name of the Locust that makes loads. */
  readonly locust: () => Promise<string>;
  readonly optionsWithSecret: ((secret: string) => readonly unknown[]) | undefined;
  /** Options of the emulator that the service is observed of. */
  readonly observedEmulator: object | undefined;
  /** Options of the emulator whose endpoint scales. */
  readonly scaledEmulator: object | undefined;
  readonly loads: Readonly<Record<string, TargetLoad>>;
}
