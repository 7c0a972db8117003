/** What a command line says about where the fleets are. */
export interface FleetFlags {
  readonly config?: string;
  readonly fleet?: string;
  readonly region?: string;
  readonly profile?: string;
}
