/** A machine, or a task on Fargate, and its place in the network. */
export interface PlacedNode {
  /** `worker-1 i-0123456789abcdef0` */
  readonly name: string;
  readonly subnetId: string;
  /** Undefined: nobody knows any more, it has ended. */
  readonly hasPublicAddress: boolean | undefined;
  /** Inside its network, where it is known. */
  readonly address?: string | undefined;
  readonly isMaster?: boolean;
}
