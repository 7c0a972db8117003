/** How a run is observed. */
export interface ObserveOptions {
  /** How long figures that appear late are waited for after the load, in seconds. Default: as the target says. */
  readonly waitSeconds?: number;
}
