/** US dollars, and where the figure comes from. */
export interface Price {
  readonly usDollars: number;
  readonly source: string;
}

/** What has a price of its own in every region. */
export type PricedItem =
  { readonly kind: 'machine'; readonly instanceType: string } | { readonly kind: 'volume' };
