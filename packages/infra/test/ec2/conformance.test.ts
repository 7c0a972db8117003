import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, createFleetId, type ProvisionRequest } from '@loadwright/core';
import { masterOf, waitForWorkers } from '@loadwright/core/fleet';
import { fleetConformance } from '@loadwright/core/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { realMachines, useAws, type RealMachines } from '@loadwright/aws-stand-in';
import { processesWith } from '../local/processes.js';
import { echo } from '../run/echo-target.js';
import { optionsFor, quickFleet } from './quick-fleet.js';

const aws = useAws();
let machines: RealMachines;

beforeEach(() => {
  machines = realMachines(aws());
  Object.assign(aws().behaviour, machines.hooks);
});

afterEach(() => {
  expect(machines.failures.splice(0)).toEqual([]);
});

function folder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-conformance-')));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A request for two workers, with a bundle as a fleet writes it. */
async function provisionRequest(): Promise<ProvisionRequest> {
  const baseDirectory = folder();
  const test = await createLoadTest({
    target: echo({ url: 'http://127.0.0.1:9' }),
    load: { users: 1, duration: '1m' },
    workers: 2,
    baseDirectory,
    environment: {},
  });
  return {
    fleetId: createFleetId(),
    workers: 2,
    durationSeconds: 60,
    host: 'http://127.0.0.1:9',
    iamStatements: [],
    bundle: await test.bundle({ directory: join(baseDirectory, 'bundle') }),
    environment: { ECHO_TOKEN: 'canary-5d0f1c9e' },
    logDirectory: join(baseDirectory, 'logs'),
    redact: (text) => text.replaceAll('canary-5d0f1c9e', '[redacted]'),
    signal: new AbortController().signal,
    onProgress: () => {},
  };
}

/** A new one each time, with journals of its own: as from another machine. */
const makeFleet = () => quickFleet({ ...optionsFor(aws(), folder()), access: 'https' });

describe('the fleet on EC2 conforms, with machines that run their user data', { timeout: 180_000 }, () => {
  for (const check of fleetConformance(makeFleet, { provisionRequest })) {
    it(check.name, async () => {
      const before = await aws().inventory();
      await check.run();
      expect(await aws().inventory()).toEqual(before);
    });
  }

  it('connects every worker, and keeps their secrets to themselves', async () => {
    const request = await provisionRequest();
    const handle = await makeFleet().provision(request);
    const master = masterOf(handle);
    await waitForWorkers(master, handle, {});
    const commandLines = processesWith(machines.made[0]!.privateAddress);
    expect(commandLines).toHaveLength(3);
    expect(commandLines.join('\n')).not.toMatch(new RegExp(`canary|${handle.login.password}`));
    await handle.destroy();
    expect(processesWith(machines.made[0]!.privateAddress)).toEqual([]);
  });

  it('tells what fails on the machine, and leaves nothing', async () => {
    const before = await aws().inventory();
    const request = await provisionRequest();
    writeFileSync(
      join(request.bundle.directory, 'locustfile.py'),
      'import os; print("it is broken", flush=True); os._exit(3)\n',
    );
    await expect(makeFleet().provision(request)).rejects.toThrow(
      /could not be made ready\. It said:[^]*it is broken/,
    );
    // Each of its processes is broken; the machine may be removed before all of them have ended.
    expect(machines.failures.splice(0).join('\n')).toMatch(/(master|worker-\d) ended with exit code 3/);
    expect(await aws().inventory()).toEqual(before);
  });
});
