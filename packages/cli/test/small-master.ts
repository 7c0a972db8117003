import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FleetHandle, FleetNode, MasterStatistics } from '@loadwright/core';

/** A master that only says which workers it has, and writes down what it is told. */
export async function smallMaster(
  fleetId: string,
  { workers, nodes = [] }: { readonly workers: number; readonly nodes?: readonly FleetNode[] },
) {
  const told: string[] = [];
  let connected = workers;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      if (request.method === 'POST') told.push(`${request.url} ${body}`);
      response.end(
        JSON.stringify(
          request.method === 'POST' ? { success: true, message: '' } : statisticsOf(connected, told),
        ),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const handle = (expectedWorkers: number): FleetHandle => ({
    fleetId,
    masterUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    login: { username: 'loadwright', password: 'a password' },
    expectedWorkers,
    secrets: [],
    status: async () => nodes,
    logs: async function* ({ role } = {}) {
      if (role !== 'worker') yield { node: 'master', line: 'began' };
      if (role !== 'master') yield { node: 'worker-1', line: 'sends' };
    },
    destroy: async () => ({ removed: [], remaining: [] }),
  });
  return {
    told,
    handle,
    /** From now on so many are connected. */
    connect: (count: number) => void (connected = count),
    close: () => server.close(),
  };
}

function statisticsOf(workers: number, told: readonly string[]): MasterStatistics {
  const none = { count: 0, oldestSeconds: 0 };
  return {
    version: 2,
    state: 'ready',
    time: 1000,
    userCount: told.length,
    workers: Array.from({ length: workers }, (_, index) => ({
      id: `w${index + 1}`,
      state: 'ready',
      userCount: 0,
      cpuPercent: 1,
      memoryBytes: 1,
      inFlight: 0,
      oldestSeconds: 0,
    })),
    metrics: {},
    total: {
      ...{ method: '', name: 'Aggregated', due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, bytes: 0 },
      ...{ trends: {}, counters: {}, rates: {} },
    },
    ...{ requests: [], errors: [], exceptions: [], failureSamples: [], lag: [], counters: {}, events: [] },
    inFlight: none,
    refusedReports: 0,
    missingReports: 0,
    setUp: { done: true, workers: [] },
    locustVersion: '2.47.0',
    pythonVersion: '3.12.0',
  };
}
