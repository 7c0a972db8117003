import assert from 'node:assert/strict';
import type { Fleet, FleetHandle, FleetNode, ProvisionRequest } from '../fleet/contract.js';
import { pinnedFetch } from '../locust/pinned-fetch.js';
import { withKnownGaps, type ConformanceCheck, type KnownGaps } from './conformance.js';

/** What the suite needs to make a fleet. */
export interface FleetConformanceOptions {
  /** A request with a real bundle and a run id of its own; called once for each fleet that is made. */
  readonly provisionRequest: () => ProvisionRequest | Promise<ProvisionRequest>;
  /** Checks that are known to fail, by name, with the reason. */
  readonly knownGaps?: KnownGaps;
}

/**
 * The checks that every fleet must pass. They make real fleets, and remove them again whatever happens.
 *
 * @param makeFleet a new object at each call, as another process or machine would have it.
 */
export function fleetConformance(
  makeFleet: () => Fleet,
  { provisionRequest, knownGaps = {} }: FleetConformanceOptions,
): ConformanceCheck[] {
  async function withFleet(
    use: (handle: FleetHandle, request: ProvisionRequest) => Promise<void>,
  ): Promise<void> {
    const request = await provisionRequest();
    const handle = await makeFleet().provision(request);
    try {
      await use(handle, request);
    } finally {
      await handle.destroy();
    }
  }

  async function assertNothingLeft(fleetId: string): Promise<void> {
    const fleet = makeFleet();
    const left = (await fleet.lasting?.inventory(fleetId)) ?? [];
    assert.deepEqual(left, [], 'nothing may be left behind');
    await assert.rejects(fleet.open(fleetId), 'a fleet that does not exist cannot be opened');
  }

  const checks: ConformanceCheck[] = [
    {
      name: 'names its contract version and kind',
      run: async () => {
        const { kind, specificationVersion } = makeFleet();
        assert.equal(specificationVersion, 1);
        assert.match(kind, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'kind: lower case with hyphens');
      },
    },
    {
      name: 'plans without making anything',
      run: async () => {
        const request = await provisionRequest();
        const plan = await makeFleet().plan(request);
        assert.deepEqual(await makeFleet().plan(request), plan, 'the same request must give the same plan');
        assert(plan.resources.length > 0, 'the plan must list what would be made');
        assert(plan.pricePerHour.usDollars >= 0 && plan.pricePerHour.source, 'a price needs its source');
        await assertNothingLeft(request.fleetId);
      },
    },
    {
      name: 'makes a master that answers and the workers that were asked for',
      run: () =>
        withFleet(async (handle, request) => {
          assert.equal(handle.fleetId, request.fleetId);
          assert.equal(handle.expectedWorkers, request.workers);
          assert.doesNotMatch(handle.masterUrl, /\/$/, 'masterUrl must have no trailing slash');
          const nodes = await handle.status();
          assert.equal(nodes.filter(({ role }) => role === 'master').length, 1, 'one master');
          assert.equal(nodes.filter(({ role }) => role === 'worker').length, request.workers, 'all workers');
          assert(
            nodes.every(({ state }) => state === 'starting' || state === 'running'),
            'every node is starting or running',
          );
          assert.equal(
            await statusOfMaster(handle, handle.login.password),
            200,
            'the login must be accepted',
          );
          await assertLogsByRole(handle, nodes);
        }),
    },
    {
      name: 'lets nobody in without the login',
      run: () =>
        withFleet(async (handle) => {
          for (const password of [undefined, 'wrong']) {
            const status = await statusOfMaster(handle, password);
            assert([302, 401, 403].includes(status), `without the login the master answers ${status}`);
          }
        }),
    },
    {
      name: 'is found again by its fleet id, and removed from elsewhere',
      run: () =>
        withFleet(async (handle, request) => {
          const attached = await makeFleet().open(request.fleetId);
          assert.equal(attached.masterUrl, handle.masterUrl);
          assert.equal(attached.expectedWorkers, handle.expectedWorkers);
          assert.deepEqual(attached.login, handle.login);
          const { environment, redact } = request;
          for (const [name, value] of Object.entries(environment).filter(
            ([, text]) => redact(text) !== text,
          )) {
            for (const { secrets } of [handle, attached]) {
              assert(
                secrets.includes(value),
                `${name} is a secret, and must be among the secrets of the handle`,
              );
            }
          }
          const { remaining, removed } = await attached.destroy();
          assert(removed.length > 0, 'destroy must say what it removed');
          assert.deepEqual(remaining, [], 'destroy must leave nothing');
          assert.deepEqual(
            await handle.destroy(),
            { removed: [], remaining: [] },
            'a second destroy must find nothing to remove',
          );
          await assert.rejects(statusOfMaster(handle, undefined), 'the master must be gone');
          await assertNothingLeft(request.fleetId);
        }),
    },
    {
      name: 'changes the number of its workers, where it offers that',
      run: async () => {
        if (!makeFleet().lasting?.scaling) return;
        let made = '';
        await withFleet(async ({ fleetId }, { workers }) => {
          made = fleetId;
          const scaling = () => makeFleet().lasting!.scaling!;
          const plan = await scaling().plan(fleetId, workers + 1);
          assert.equal(plan.workersBefore, workers);
          assert(plan.workersAfter > workers, 'no fewer workers than were asked for');
          assert(plan.changes.length > 0, 'the plan must say what would be made');
          assert(
            plan.pricePerHourAfter.usDollars >= plan.pricePerHourBefore.usDollars,
            'more workers cost no less',
          );
          assert.equal(
            (await makeFleet().open(fleetId)).expectedWorkers,
            workers,
            'the plan must change nothing',
          );
          for (const asked of [plan.workersAfter, plan.workersAfter, workers]) {
            const scaled = await scaling().scale(fleetId, asked);
            assert.equal(scaled.expectedWorkers, asked);
            const found = await makeFleet().open(fleetId);
            assert.equal(found.expectedWorkers, asked, 'whoever opens it expects the new number');
            const nodes = await found.status();
            const there = nodes.filter(({ role, state }) => role === 'worker' && state !== 'stopped').length;
            assert.equal(there, asked, 'the status shows the new number of workers');
          }
          assert.deepEqual(
            (await scaling().plan(fleetId, workers)).changes,
            [],
            'a number that it has already changes nothing',
          );
          await assert.rejects(scaling().plan(fleetId, 0), 'no fleet is without workers');
        });
        await assertNothingLeft(made);
      },
    },
    {
      name: 'explains what it lacks, where it offers that',
      run: async () => {
        if (!makeFleet().lasting?.diagnose) return;
        const diagnose = (id: string) => makeFleet().lasting!.diagnose!(id);
        let made = '';
        await withFleet(async ({ fleetId }) => {
          made = fleetId;
          const findings = await diagnose(fleetId);
          assert(findings.length > 0, 'it must say what was looked at');
          for (const { subject, detail, state, remedy } of findings) {
            assert(subject && detail, 'each finding needs a subject and what was found');
            assert(state !== 'problem' || remedy, `${subject}: a problem needs its remedy`);
          }
          const problems = findings.filter(({ state }) => state === 'problem');
          assert.deepEqual(problems, [], 'a fleet that works has no problem');
        });
        await assert.rejects(diagnose(made), 'there is nothing to explain of a fleet that is gone');
      },
    },
    {
      name: 'leaves nothing when it is stopped while it is made',
      run: async () => {
        const request = await provisionRequest();
        const making = makeFleet().provision({ ...request, signal: AbortSignal.abort() });
        await assert.rejects(
          making.then((handle) => handle.destroy()),
          'provision must reject when its signal is aborted',
        );
        await assertNothingLeft(request.fleetId);
      },
    },
  ];
  return withKnownGaps(checks, knownGaps);
}

async function assertLogsByRole(handle: FleetHandle, nodes: readonly FleetNode[]): Promise<void> {
  const roles = new Map(nodes.map(({ name, role }) => [name, role]));
  for (const role of ['master', 'worker'] as const) {
    for await (const { node } of handle.logs({ role })) {
      // Locust names its workers itself; the master has one name.
      const of = roles.get(node) ?? (node === 'master' ? 'master' : 'worker');
      assert.equal(of, role, `a line of ${node} is given, although only ${role} was asked for`);
    }
  }
}

/** The status that the master's statistics answer with. */
async function statusOfMaster(
  { masterUrl, certificate }: FleetHandle,
  password: string | undefined,
): Promise<number> {
  const send = certificate ? pinnedFetch(certificate) : fetch;
  const response = await send(`${masterUrl}/stats/requests`, {
    headers: password === undefined ? {} : { Authorization: `Bearer ${password}` },
    redirect: 'manual',
    signal: AbortSignal.timeout(60_000),
  });
  await response.arrayBuffer();
  return response.status;
}
