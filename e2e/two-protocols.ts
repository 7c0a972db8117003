import type { Emulator } from '@loadwright/core/target';
import { busyMachineReasons } from '../packages/infra/test/busy-machine.js';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { dhtConfig } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';

export const protocols = ['koorde', 'chord'] as const;
const workflowName = 'koorde-vs-chord';

/** A ring of each protocol. */
export async function startRings(): Promise<Emulator[]> {
  const { definition } = await findTarget('dht', new TestIo());
  return Promise.all(
    protocols.map(async (protocol) => (await startEmulator(definition, { protocol })).emulator),
  );
}

/** A configuration of both rings, and a workflow that tests one after the other on the same fleet. */
export function twoProtocols(rings: readonly Emulator[], fleet: object) {
  const hosts = rings.map(({ url }) => url);
  const configuration = {
    target: { ...dhtConfig.target, ...rings[0]!.targetOptions },
    hosts,
    workers: 1,
    load: { users: 2, duration: '3s', waitTime: '20ms' },
    thresholds: {},
    tolerate: busyMachineReasons,
    fleet,
  };
  const steps = [
    { step: 'deploy', fleet: 'lab' },
    ...protocols.map((protocol, index) => ({
      ...{ step: 'run', name: protocol, on: 'lab', set: { host: hosts[index], protocol } },
    })),
    { step: 'compare', name: 'both', baseline: 'koorde', candidate: 'chord' },
    { step: 'destroy', fleet: 'lab' },
  ];
  return { configuration, workflow: { name: workflowName, steps } };
}
