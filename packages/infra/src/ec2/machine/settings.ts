/** What a machine must know to become a master and its workers. Holds no secret: anybody in the account may read it. */
export interface MachineSettings {
  readonly fleetId: string;
  readonly region: string;
  /** The bucket of the bundle. */
  readonly bucket: string;
  /** The bundle's key: a tar.gz whose entries are the bundle's files. */
  readonly bundleKey: string;
  /** SHA-256 of that tar.gz, in hexadecimal. */
  readonly bundleSha256: string;
  /**
   * Path of the fleet's SecureString parameters, without a slash at its end. Those below `master/` become variables of
   * the master, those below `worker/` variables of every worker.
   */
  readonly parameterPrefix: string;
  /** Their names below the prefix, such as `master/LOADWRIGHT_UI_PASSWORD`: the machine waits until it sees them all. */
  readonly parameters: readonly string[];
  readonly workers: number;
  /** Image that master and workers run in. Absent: that of the bundle's compose file. */
  readonly containerImage?: string;
  /** Port of the web UI on every address of the machine; none of {@link takenPorts}. */
  readonly uiPort: number;
  /**
   * Name below the prefix of the parameter that the machine gives the certificate of its web UI. Absent: plain HTTP.
   */
  readonly certificate?: string;
  /** When the machine powers itself off. */
  readonly expiresAt: Date;
}
