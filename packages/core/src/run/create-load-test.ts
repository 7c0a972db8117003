import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { LoadwrightError } from '../errors.js';
import type { Fleet } from '../fleet/contract.js';
import { requireFleet } from '../fleet/require-fleet.js';
import { checkPayloads, readCsvColumns } from '../payloads/write.js';
import { bundleContents, planFor } from './bundle-contents.js';
import type { LoadTest, LoadTestOptions } from './contract.js';
import { deployLoadTest } from '../fleet/deploy.js';
import { Phases } from './phases.js';
import { Preflight } from './preflight.js';
import { prepare, sizeFor } from './prepare.js';
import { createFleetId } from './run-id.js';
import { summarizeTrace } from './replay.js';
import { runLoadTest } from './run.js';

/**
 * Makes a load test from a target and a load. Nothing is written or sent until one of its methods is called.
 *
 * @throws LoadwrightError `CONFIG_INVALID`, `THRESHOLD_INVALID` or `TARGET_…`, naming every wrong field at once.
 */
export function createLoadTest(options: LoadTestOptions): LoadTest {
  const test = prepare(options);
  return {
    name: test.name,
    host: test.definition.host(test.targetOptions),
    configuration: test.configuration,
    warnings: [...test.support.impossible, ...test.support.unlikely],
    async bundle({ directory, signal } = {}) {
      const destination = directory
        ? resolve(test.baseDirectory, directory)
        : await mkdtemp(join(tmpdir(), `loadwright-${test.name}-`));
      return writeBundle(destination, bundleContents(await sizeFor(test)), {
        baseDirectory: test.baseDirectory,
        ...(signal && { signal }),
      });
    },
    trace: (traceOptions) => summarizeTrace(test, { baseDirectory: test.baseDirectory, ...traceOptions }),
    async csvColumns(options) {
      const payloads = test.definition.payloads?.(test.targetOptions);
      return payloads ? readCsvColumns(payloads, { baseDirectory: test.baseDirectory, ...options }) : [];
    },
    async plan(fleet, { fleetId = createFleetId(), ...options } = {}) {
      requireFleet(fleet);
      const payloads = test.definition.payloads?.(test.targetOptions);
      // As a run does: whoever reads a plan is to rely on it.
      const reading = { baseDirectory: test.baseDirectory, ...options };
      const trace = await summarizeTrace(test, reading);
      if (payloads && !trace) await checkPayloads(payloads, reading);
      const { plan, request } = await planFor(test, fleet, { fleetId }, options);
      return { plan, request, ...(trace && { trace }) };
    },
    async preflight({ fleet, ...phaseOptions }) {
      requireFleet(fleet);
      const made = new Preflight(test, new Phases(phaseOptions));
      await (await made.beforeFleet(fleet)).close();
      if (made.isDue) throw needsPython(fleet);
      return made.record && 'summary' in made.record ? made.record.summary : undefined;
    },
    deploy: async (deployOptions) => {
      requireFleet((deployOptions as Partial<typeof deployOptions> | undefined)?.fleet);
      return deployLoadTest(test, deployOptions);
    },
    run: async (runOptions) => {
      requireFleet((runOptions as Partial<typeof runOptions> | undefined)?.fleet);
      return runLoadTest(test, runOptions);
    },
  };
}

function needsPython({ kind }: Fleet): LoadwrightError {
  return new LoadwrightError('LOCUST_UNAVAILABLE', `A ${kind} fleet makes no request from this machine.`, {
    hint: 'Install Python 3.11 or newer, or name another fleet: test.preflight({ fleet: localFleet() }).',
  });
}
