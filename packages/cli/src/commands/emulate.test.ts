import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { run, TestIo } from '../../test/support.js';

/** Starts `emulate --json`, does something with it, and stops it as Ctrl-C does. */
async function emulated(argv: readonly string[], use: (document: Record<string, never>) => Promise<void>) {
  const io = new TestIo();
  const ended = run(['emulate', ...argv, '--json'], io);
  while (!io.stdout.text.includes('\n')) {
    const [raced] = await Promise.race([ended.then((result) => [result]), once(io.stdout, 'written')]);
    if (raced) throw new Error(`emulate ended: ${raced.stderr}`);
  }
  await use(JSON.parse(io.stdout.text));
  io.signal('SIGINT');
  return ended;
}

describe('loadwright emulate', () => {
  it('tells address, options, variables and capacity, and counts until it is stopped', async () => {
    const argv = ['dht', '--service-time', '5ms', '--concurrency', '4', '--set', 'protocol="chord"'];
    const { exitCode, stderr } = await emulated(argv, async (document) => {
      expect(document).toMatchObject({ kind: 'dht', capacity: 800, targetOptions: { protocol: 'chord' } });
      const answer = await fetch(`${document['url']}/cache?url=https://origin.example/item/1`);
      expect(answer.status).toBe(200);
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('1 requests: 1 served, 0 throttled, 0 rejected');
  });

  it('prints lines to copy on a terminal', async () => {
    const io = new TestIo();
    const ended = run(['emulate', 'sagemaker'], io);
    while (!io.stdout.text.includes('Ctrl-C')) await once(io.stdout, 'written');
    io.signal('SIGTERM');
    expect((await ended).exitCode).toBe(0);
    expect(io.stdout.text).toMatch(/^export AWS_SECRET_ACCESS_KEY='[^']+'$/m);
    expect(io.stdout.text).toContain('serves 400 requests/s at most');
  });

  it.each([
    [
      ['--concurrency', 'many'],
      ['emulator.concurrency', 'many'],
    ],
    [
      ['--service-time', '20'],
      ['emulator.serviceTime', '20'],
    ],
    [
      ['--distribution', 'even'],
      ['emulator.distribution', 'even', 'log-normal'],
    ],
    [
      ['--port', '70000'],
      ['emulator.port', '70000', '65,535'],
    ],
    [
      ['--set', 'regon=x'],
      ['regon', 'region'],
    ],
    [
      ['--set', 'region'],
      ['--set', 'name=value'],
    ],
  ])('refuses %j', async (argv, says) => {
    const { exitCode, stderr, stdout } = await run(['emulate', 'sagemaker', ...argv]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 104, stdout: '' });
    for (const part of says) expect(stderr).toContain(part);
  });
});
