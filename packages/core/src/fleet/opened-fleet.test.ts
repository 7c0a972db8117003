import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statistics, test, worker } from '../../test/statistics-fixture.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { LoadwrightError } from '../errors.js';
import type { Fleet, FleetHandle, FleetScaling, ScalePlan } from './contract.js';
import { OpenedFleet } from './opened-fleet.js';

let server: Server;
/** What the master is told, and what is done to the machines, in order. */
let done: string[];
let answer: MasterStatistics;

beforeEach(async () => {
  done = [];
  answer = statistics({ workers: [worker('a', 'ready')] });
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      if (request.method === 'POST') done.push(`${request.url} ${new URLSearchParams(body).get('workers')}`);
      const isAction = request.method === 'POST';
      response.end(JSON.stringify(isAction ? { success: true, message: '' } : answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const handle = (expectedWorkers: number): FleetHandle => ({
  fleetId: 'the-fleet',
  masterUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  login: { username: 'loadwright', password: 'a password' },
  expectedWorkers,
  secrets: [],
  status: async () => [],
  logs: async function* () {},
  destroy: async () => ({ removed: [], remaining: [] }),
});

const price = { usDollars: 1, source: 'a table of the test' };
const plan = (workers: number): ScalePlan => ({
  workersBefore: 1,
  // Machines of two.
  workersAfter: workers + (workers % 2),
  pricePerHourBefore: price,
  pricePerHourAfter: price,
  changes: ['a machine'],
});

function opened(scale: FleetScaling['scale']): OpenedFleet {
  const scaling = { plan: async (_id: string, workers: number) => plan(workers), scale };
  return new OpenedFleet(handle(1), { kind: 'pretend', lasting: { scaling } as Fleet['lasting'] });
}

describe('OpenedFleet.scale', () => {
  it('tells the master before machines come or go, and waits for the workers', async () => {
    answer = statistics({ state: 'running', test: test(), workers: [worker('a')] });
    const fleet = opened(async (_id, workers) => {
      done.push(`machines for ${workers}`);
      answer = { ...answer, workers: ['a', 'b', 'c', 'd'].map((id) => worker(id)) };
      return handle(workers);
    });
    const said: string[] = [];
    const scaled = await fleet.scale(3, { onProgress: (message) => said.push(message) });
    expect(scaled).toEqual({ workersBefore: 1, workers: 4, underLoad: true });
    expect(done).toEqual(['/loadwright/scale 4', 'machines for 4']);
    expect(said).toEqual(['4 of 4 workers connected']);
    expect(fleet.handle.expectedWorkers).toBe(4);
  });

  it('tells the master of a load that workers are about to leave, before they do', async () => {
    answer = statistics({ state: 'running', test: test(), workers: ['a', 'b'].map((id) => worker(id)) });
    const scaling: FleetScaling = {
      plan: async () => ({ ...plan(1), workersAfter: 1 }),
      scale: async (_id, workers) => {
        done.push(`machines for ${workers}`);
        answer = { ...answer, workers: [worker('a')] };
        return handle(workers);
      },
    };
    const fleet = new OpenedFleet(handle(2), { kind: 'pretend', lasting: { scaling } as Fleet['lasting'] });
    expect(await fleet.scale(1)).toEqual({ workersBefore: 2, workers: 1, underLoad: true });
    expect(done).toEqual(['/loadwright/scale 1', 'machines for 1']);
    expect(fleet.handle.expectedWorkers).toBe(1);
  });

  it('tells the master that nothing changes when it cannot be done', async () => {
    const fleet = opened(async () => {
      throw new LoadwrightError('PROVISIONING_FAILED', 'There is no capacity.');
    });
    await expect(fleet.scale(2)).rejects.toMatchObject({ code: 'PROVISIONING_FAILED' });
    expect(done).toEqual(['/loadwright/scale 2', '/loadwright/scale 1']);
    expect(fleet.handle.expectedWorkers).toBe(1);
  });

  it.each([0, 1.5])('refuses %j workers', async (workers) => {
    const fleet = opened(async () => handle(1));
    await expect(fleet.scale(workers)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(fleet.planScale(workers)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('says what can be done with a kind that does not offer it', async () => {
    const fleet = new OpenedFleet(handle(1), { kind: 'pretend' });
    await expect(fleet.scale(2)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('of kind pretend keeps the number of workers'),
      next: [{ action: 'deploy-fleet' }, { action: 'destroy-fleet', fleetId: 'the-fleet' }],
    });
  });
});
