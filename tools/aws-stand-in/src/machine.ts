/** A machine that RunInstances made. */
export interface Machine {
  readonly id: string;
  /** As cloud-init gets it: decoded from base64. */
  readonly userData: Buffer;
  /** A loopback address of its own; undefined when the machine has no public one. */
  readonly publicAddress: string | undefined;
  /** The same loopback address. */
  readonly privateAddress: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Name of the instance profile that was asked for. */
  readonly instanceProfile: string | undefined;
}
