import { validate } from '@loadwright/core/target';
import { afterEach, describe, expect, it } from 'vitest';
import { originOptionsSchema, startOrigin, type Origin } from './origin.js';

const started: Origin[] = [];
async function start(options: object = {}): Promise<Origin> {
  const origin = await startOrigin(validate(originOptionsSchema, options, { field: 'origin' }));
  started.push(origin);
  return origin;
}
afterEach(async () => {
  for (const origin of started.splice(0)) await origin.stop();
});

describe('an origin', () => {
  it('has an object for each path, of the same size, the same at each time', async () => {
    const { url, counts } = await start({ objectBytes: 40 });
    const paths = ['/item/1', '/item/2', '/item/1?size=2', '/', '/%C3%BC/item'];
    const read = () => Promise.all(paths.map(async (path) => (await fetch(url + path)).text()));
    const objects = await read();
    expect(new Set(objects).size).toBe(paths.length);
    expect(objects.map((text) => Buffer.byteLength(text))).toEqual(paths.map(() => 40));
    expect(await read()).toEqual(objects);
    expect(counts()).toEqual({ requests: 10, objects: 5 });
  });

  it('answers HEAD without the object, and nothing that would change one', async () => {
    const { url, counts } = await start();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1024', '']);
    const post = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(counts().requests).toBe(1);
  });

  it('takes its time, and ends in the middle of it', async () => {
    const { url } = await start({ delay: '100ms' });
    const begin = performance.now();
    expect((await fetch(url)).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(99);
    const slow = await start({ delay: '10m' });
    const refused = expect(fetch(slow.url)).rejects.toThrow();
    while (slow.counts().requests === 0) await new Promise(setImmediate);
    await slow.stop();
    await refused;
  });

  it.each([
    [
      'a port that is taken',
      async () => ({ port: (await start()).port }),
      /^port: cannot listen on 127\.0\.0\.1:\d+/,
    ],
    [
      'an address of another machine',
      () => ({ host: '192.0.2.1' }),
      /^host: cannot listen on 192\.0\.2\.1:0/,
    ],
  ])('refuses %s', async (_, options, says) => {
    await expect(start(await options())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(says),
      hint: expect.stringMatching(/^Use /),
    });
  });
});
