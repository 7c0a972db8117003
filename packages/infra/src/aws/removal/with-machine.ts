import { instance } from '../kinds/instance.js';

/** What a machine holds until it has ended. */
export const heldByMachine = {
  kind: instance,
  because: (machine: string) => `it is in use by the ${machine}, which could not be removed`,
  unless: ({ state }: { readonly state?: string }) => state === 'available',
};

/** What will end a machine that could not be ended now. */
export const endsMachine = {
  kind: instance,
  because: (machine: string) => `it is to end the ${machine}, which could not be removed`,
};
