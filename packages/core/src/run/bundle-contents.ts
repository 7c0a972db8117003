import type { BundleContents } from '../bundle/write-bundle.js';
import type { CallOptions, Fleet, FleetPlan, FleetRequest } from '../fleet/contract.js';
import { resolveLoad } from '../load/resolve.js';
import { checkTrace } from './replay.js';
import { sizeFor, type PreparedTest, type SizedTest } from './prepare.js';

/** What the bundle of a test is made from. */
export function bundleContents(test: SizedTest): BundleContents {
  const { definition, targetOptions } = test;
  return {
    kind: definition.kind,
    host: definition.host(targetOptions),
    hosts: hostsOf(test),
    targetConfig: definition.targetConfig(targetOptions),
    locustfile: definition.locustfile,
    pythonModules: definition.pythonModules ?? [],
    environment: definition.environment?.(targetOptions) ?? [],
    tls: definition.tls?.(targetOptions),
    payloads: definition.payloads?.(targetOptions),
    bodyLimit: (requests) => definition.bodyLimit?.(targetOptions, requests),
    payloadHint: (payload) => definition.payloadHint?.(targetOptions, payload),
    load: (payloadOrder) => resolveLoad(test.load, payloadOrder, test.workers),
    checkTrace: (schedule) => checkTrace(test.load, schedule),
  };
}

/** In the order in which they are declared, that of the test first where it is not declared. */
function hostsOf({ hosts, definition, targetOptions }: PreparedTest): readonly string[] | undefined {
  if (hosts.length === 0) return undefined;
  const host = definition.host(targetOptions);
  return hosts.includes(host) ? hosts : [host, ...hosts];
}

/** Settles the number of workers, and asks the fleet what it would make. */
export async function planFor(
  test: PreparedTest,
  fleet: Fleet,
  named: Pick<FleetRequest, 'fleetId' | 'name'>,
  options: CallOptions,
): Promise<{ test: SizedTest; request: FleetRequest; plan: FleetPlan }> {
  const sized = await sizeFor(test, fleet, options);
  const request = fleetRequest(sized, named);
  return { test: sized, request, plan: await fleet.plan(request, options) };
}

/** What a test asks of a fleet. */
function fleetRequest(test: SizedTest, named: Pick<FleetRequest, 'fleetId' | 'name'>): FleetRequest {
  const { definition, targetOptions } = test;
  return {
    ...named,
    workers: test.workers,
    durationSeconds: test.durationSeconds,
    host: definition.host(targetOptions),
    iamStatements: definition.iamStatements?.(targetOptions) ?? [],
    variables: (definition.environment?.(targetOptions) ?? []).map(({ name }) => name),
  };
}
