import { areMotoServersShared, shareMotoServers } from './shared-motos.js';

/** Global set-up of the folders whose tests use AWS. In a run of several folders the first one's serves all. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  return areMotoServersShared() ? undefined : shareMotoServers();
}
