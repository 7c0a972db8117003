import type { Fleet, FleetPlan, FleetRequest, LoadTest } from '@loadwright/core';

/** A fleet that tells what is asked of it, and is otherwise the same. */
export function observed(fleet: Fleet, onRequest: (request: FleetRequest) => void): Fleet {
  const { specificationVersion, kind, lasting } = fleet;
  return {
    specificationVersion,
    kind,
    ...(lasting && { lasting }),
    ...(fleet.defaultWorkers && { defaultWorkers: async () => fleet.defaultWorkers!() }),
    plan: (request) => {
      onRequest(request);
      return fleet.plan(request);
    },
    provision: (request) => fleet.provision(request),
    attach: (runId) => fleet.attach(runId),
    listOrphans: () => fleet.listOrphans(),
  };
}

/**
 * What a test asks of a fleet, and what that would make for it. Changes nothing.
 *
 * @param runId Of the run that the plan is of. Default: a new one.
 */
export async function planTest(
  test: LoadTest,
  fleet: Fleet,
  runId?: string,
): Promise<{ readonly plan: FleetPlan; readonly request: FleetRequest }> {
  let request: FleetRequest | undefined;
  const plan = await test.plan({
    ...observed(fleet, () => {}),
    plan: (asked) => fleet.plan((request = { ...asked, runId: runId ?? asked.runId })),
  });
  return { plan, request: request! };
}
