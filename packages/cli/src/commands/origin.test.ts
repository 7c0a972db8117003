import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { run, TestIo } from '../../test/support.js';

describe('loadwright origin', () => {
  it('tells where it is, serves, and tells in the end what it was asked for', async () => {
    const io = new TestIo();
    const ended = run(['origin', '--object-bytes', '10', '--json'], io);
    while (!io.stdout.text.includes('\n')) await once(io.stdout, 'written');
    const { url, template } = JSON.parse(io.stdout.text) as { url: string; template: string };
    expect(template).toBe(`${url}/item/{i}`);
    for (const number of [1, 2, 1]) {
      expect(await (await fetch(template.replace('{i}', String(number)))).text()).toBe(`/item/${number}/it`);
    }
    io.signal('SIGINT');
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('3 requests for 2 objects');
  });

  it('prints an option to copy, with an address that other machines may reach', async () => {
    const io = new TestIo();
    const ended = run(['origin', '--host', '0.0.0.0'], io);
    while (!io.stdout.text.includes('Ctrl-C')) await once(io.stdout, 'written');
    io.signal('SIGTERM');
    expect((await ended).exitCode).toBe(0);
    expect(io.stdout.text).toMatch(/"template": "http:\/\/(?!0\.0\.0\.0)[\d.]+:\d+\/item\/\{i\}"/);
    expect(io.stdout.text).toContain('by which the nodes reach this machine');
  });

  it.each([
    [
      ['--port', '70000'],
      ['origin.port', '70000', '65,535'],
    ],
    [
      ['--port', 'http'],
      ['origin.port', 'http'],
    ],
    [
      ['--object-bytes', '0'],
      ['origin.objectBytes', '0'],
    ],
    [
      ['--delay', '20'],
      ['origin.delay', '20'],
    ],
    [
      ['--host', '192.0.2.1'],
      ['host: cannot listen on 192.0.2.1', '0.0.0.0'],
    ],
  ])('refuses %j', async (argv, says) => {
    const { exitCode, stderr, stdout } = await run(['origin', ...argv]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 104, stdout: '' });
    for (const part of says) expect(stderr).toContain(part);
  });
});
