import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SupervisedProcess } from './processes.js';

/** Starts a shell script; settles when it has printed its first line. */
async function shell(script: string) {
  const lines: string[] = [];
  const started = new EventTarget();
  const child = new SupervisedProcess({
    file: '/bin/sh',
    arguments: ['-c', script],
    environment: { PATH: process.env['PATH'] ?? '' },
    onLine: (line) => {
      lines.push(line);
      started.dispatchEvent(new Event('line'));
    },
  });
  await once(started, 'line');
  return { child, lines };
}

describe('SupervisedProcess', () => {
  it('reads output and error output by lines, and tells how it ended', async () => {
    const { child, lines } = await shell('echo first; echo second >&2; printf last; exit 3');
    expect(await child.exited).toEqual({ code: 3, description: 'ended with exit code 3' });
    expect(lines.sort()).toEqual(['first', 'last', 'second']);
    expect(await child.end(0)).toBe(true);
  });

  it('ends with its children', async () => {
    const { child } = await shell('sleep 600 & echo started; wait');
    expect(await child.end(5000)).toBe(true);
    expect(child.exit?.description).toBe('was killed by SIGTERM');
  });

  it('is killed when it does not end within the grace', async () => {
    const { child } = await shell("trap '' TERM; echo started; while :; do sleep 600; done");
    expect(await child.end(50)).toBe(true);
    expect(child.exit?.description).toBe('was killed by SIGKILL');
  });

  it('takes what its children leave behind with it', async () => {
    // The child keeps the output open: without its end this process would never be known to have ended.
    const { child } = await shell('sleep 600 & echo started; exit 0');
    expect(await child.exited).toMatchObject({ code: 0 });
  });

  it('tells that it did not start', async () => {
    const child = new SupervisedProcess({
      file: '/nowhere',
      arguments: [],
      environment: {},
      onLine: () => {},
    });
    expect((await child.exited).description).toMatch(/^did not start: .*ENOENT/);
    expect(await child.end(0)).toBe(true);
  });
});
