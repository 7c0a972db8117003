/** In which account and region somebody provisions. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
}
