/** Where and as whom AWS is called. */
export interface AwsSettings {
  /** The kind of the fleets, see `FleetName`: nothing of other kinds is seen or touched. */
  readonly fleetKind: string;
  readonly region: string;
  /** Name of a profile of the AWS configuration files. Absent: the keys, or the SDK's own chain. */
  readonly profile: string | undefined;
  /** Keys of the caller's environment, which the SDK would look for in that of this process alone. Never a profile's. */
  readonly keys?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
  /** Base URL of every service, for tests and for stand-ins of AWS. Absent: AWS itself. */
  readonly endpoint: string | undefined;
  /** Below whose name secrets and roles are made. Found is what is there, whoever's it is. */
  readonly owner?: string | undefined;
  /** Waiting times; tests shorten them. */
  readonly pace: Pace;
}

/** How patient the calls are. All times in milliseconds. */
export interface Pace {
  /** Attempts of one call, the first one included; the SDK waits longer before each. */
  readonly attempts: number;
  /** How long a connection may be silent before the attempt counts as failed. */
  readonly silence: number;
  /** First pause between two looks at something that changes; each further one is half as long again. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** How long a call of which the answer was lost is looked for by its tags. */
  readonly unknownOutcome: number;
  /** How long EC2 may take to see a new instance profile. */
  readonly propagation: number;
  /** How long a machine may take to end, and a security group to become free. */
  readonly removal: number;
}

/** The patience that AWS needs: see the sources at each use. */
export const patient: Pace = {
  // Where 30 % of calls are throttled, one in 400 deploys of 50 machines (400 calls) runs out of them; of 8 it was one in 40.
  attempts: 10,
  silence: 20_000,
  firstPause: 250,
  longestPause: 2000,
  unknownOutcome: 60_000,
  propagation: 120_000,
  removal: 300_000,
};
