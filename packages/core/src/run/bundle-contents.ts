import type { BundleContents } from '../bundle/write-bundle.js';
import type { FleetRequest } from '../fleet/contract.js';
import { resolveLoad } from '../load/resolve.js';
import type { SizedTest } from './prepare.js';

/** What the bundle of a test is made from. */
export function bundleContents(test: SizedTest): BundleContents {
  const { definition, targetOptions } = test;
  return {
    kind: definition.kind,
    host: definition.host(targetOptions),
    targetConfig: definition.targetConfig(targetOptions),
    locustfile: definition.locustfile,
    pythonModules: definition.pythonModules ?? [],
    environment: definition.environment?.(targetOptions) ?? [],
    payloads: definition.payloads?.(targetOptions),
    load: (payloadOrder) => resolveLoad(test.load, payloadOrder, test.workers),
  };
}

/** What a test asks of a fleet. */
export function fleetRequest(test: SizedTest, runId: string): FleetRequest {
  const { definition, targetOptions } = test;
  return {
    runId,
    workers: test.workers,
    durationSeconds: test.durationSeconds,
    host: definition.host(targetOptions),
    iamStatements: definition.iamStatements?.(targetOptions) ?? [],
  };
}
