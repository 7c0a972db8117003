import { describe, expect, it } from 'vitest';
import { followLogs, newLines } from './follow-logs.js';
import type { FleetHandle, LogLine, LogOptions } from './contract.js';

describe('newLines', () => {
  it.each([
    [[], ['a'], ['a']],
    [['a', 'b'], ['a', 'b'], []],
    [['a', 'b'], ['a', 'b', 'c'], ['c']],
    [['a', 'b', 'c'], ['b', 'c', 'd'], ['d']],
    [['a', 'a', 'a'], ['a', 'a', 'a'], []],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
  ])('between %j and %j come %j', (before, now, expected) => {
    expect(newLines(before, now)).toEqual(expected);
  });
});

function fleetWith(
  logs: FleetHandle['logs'],
  followed?: NonNullable<FleetHandle['followLogs']>,
): FleetHandle {
  return {
    fleetId: 'the-fleet',
    masterUrl: 'http://127.0.0.1:1',
    login: { username: 'loadwright', password: 'a password' },
    expectedWorkers: 1,
    secrets: [],
    status: async () => [],
    logs,
    ...(followed && { followLogs: followed }),
    destroy: async () => ({ removed: [], remaining: [] }),
  };
}

async function take(handle: FleetHandle, count: number): Promise<string[]> {
  const controller = new AbortController();
  const taken: string[] = [];
  const redact = (text: string) => text.replaceAll('secret', '***');
  for await (const { node, line } of followLogs(
    handle,
    { role: 'worker', signal: controller.signal },
    redact,
    1,
  )) {
    taken.push(`${node} ${line}`);
    if (taken.length === count) controller.abort();
  }
  return taken;
}

describe('followLogs', () => {
  it('asks a kind that cannot follow again, and gives each line once', async () => {
    const readings = [
      ['worker-1 a'],
      ['worker-1 a', 'worker-1 secret', 'worker-2 x'],
      ['worker-1 secret', 'worker-1 c'],
    ];
    const asked: (LogOptions | undefined)[] = [];
    const handle = fleetWith(async function* (options) {
      asked.push(options);
      for (const text of readings[Math.min(asked.length, readings.length) - 1]!) {
        const [node = '', line = ''] = text.split(' ');
        yield { node, line };
      }
    });
    const taken = await take(handle, 4);
    expect(taken.toSorted()).toEqual(['worker-1 ***', 'worker-1 a', 'worker-1 c', 'worker-2 x']);
    expect(asked.every((options) => options?.role === 'worker')).toBe(true);
  });

  it('reads a kind that follows as it writes, until the signal', async () => {
    let looks = 0;
    const handle = fleetWith(noLines, async function* ({ role, signal }) {
      looks += 1;
      expect(role).toBe('worker');
      for (let line = 1; ; line += 1) {
        signal.throwIfAborted();
        yield { node: 'worker-1', line: `secret ${line}` };
      }
    });
    expect(await take(handle, 3)).toEqual(['worker-1 *** 1', 'worker-1 *** 2', 'worker-1 *** 3']);
    expect(looks).toBe(1);
  });

  it('ends with a kind that follows when its fleet is gone, and passes on why one cannot be read', async () => {
    const gone = fleetWith(noLines, async function* () {
      yield { node: 'worker-1', line: 'the last' };
    });
    expect(await take(gone, 3)).toEqual(['worker-1 the last']);
    const denied = fleetWith(noLines, async function* () {
      throw new Error('not allowed');
    });
    await expect(take(denied, 3)).rejects.toThrow('not allowed');
  });
});

async function* noLines(): AsyncIterable<LogLine> {}
