import type { Architecture } from '../account/machine.js';

/** US dollars, and where the figure comes from. */
export interface Price {
  readonly usDollars: number;
  readonly source: string;
}

/** What has a price of its own in every region. */
export type PricedItem =
  | { readonly kind: 'machine'; readonly instanceType: string }
  | { readonly kind: 'volume' }
  /** An hour of a vCPU, or of a GB of memory, of tasks on Fargate with Linux. */
  | { readonly kind: 'fargate'; readonly unit: 'vcpu' | 'gigabyte'; readonly architecture: Architecture };
