import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, RunReport, Sample } from '@loadwright/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { announce, listGoingOn } from './going-on.js';
import { serveLivePage, type LivePage } from './live-page.js';

const sample = (elapsedSeconds: number): Sample => ({
  ...{
    elapsedSeconds,
    users: 5,
    requestsPerSecond: 40,
    failuresPerSecond: 0,
    inFlight: 2,
    oldestSeconds: 0.1,
  },
  ...{ p50: 10, p95: 20, p99: 30, totalRequests: 40 * elapsedSeconds, totalFailures: 0, lagP99: 1 },
  workers: [{ id: 'a', state: 'running', cpuPercent: 20 }],
});
const sampleEvent = (seconds: number): RunEvent => ({
  ...{ type: 'sample', sample: sample(seconds), durationSeconds: 20, warmUpSeconds: 0 },
});

let results: string;
let page: LivePage;
const onStop = vi.fn();
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), 'loadwright-web-'));
  await writeFile(join(results, 'report.html'), '<title>the report</title>');
  const read = async () => ({ series: [sample(1), sample(2)] }) as unknown as RunReport;
  page = await serveLivePage({
    ...{ name: '<b>fraud</b>', target: 'rest', others: [{ title: 'run-before', read }], onStop },
    among: { runId: 'this-run', results },
  });
});
afterEach(async () => {
  onStop.mockClear();
  await page.close(undefined);
  await rm(results, { recursive: true });
});

/** What the server answers, with headers that a browser would not let a page set. */
function answerOf(
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = ask(new URL(path, page.url), { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    request.on('error', reject).end();
  });
}

/** The first events of a listener. */
async function eventsOf(count: number, meanwhile: () => void): Promise<string[]> {
  const response = await fetch(new URL('events', page.url));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? '';
  meanwhile();
  while (text.split('\n\n').length <= count) text += (await reader.read()).value ?? '';
  await reader.cancel();
  return text.split('\n\n').slice(0, count);
}

describe('the page of a run', () => {
  it('is on the loopback, and answers nobody who does not know its token', async () => {
    const { hostname, origin } = new URL(page.url);
    expect(hostname).toBe('127.0.0.1');
    expect(page.url).toMatch(/\/[\w-]{32}\/$/);
    for (const path of [`${origin}/`, `${origin}/events`, `${origin}/${'a'.repeat(32)}/`]) {
      expect((await answerOf(path)).status).toBe(404);
    }
    expect((await answerOf('')).status).toBe(200);
  });

  it('refuses a name that somebody lets point to this machine', async () => {
    const { port } = new URL(page.url);
    for (const host of ['attacker.example', `localhost:${port}`, `attacker.example:${port}`]) {
      expect((await answerOf('', { headers: { host } })).status).toBe(404);
    }
  });

  it('lets nothing run but its own script, and shows names as text', async () => {
    const { body, headers } = await answerOf('');
    expect(headers['content-security-policy']).toBe("frame-ancestors 'none'");
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(body)!;
    expect(policy.replaceAll('&#39;', "'")).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; .*; connect-src 'self'$/,
    );
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toContain('&lt;b&gt;fraud');
    expect(body).not.toContain('<b>fraud');
  });

  it('stops the run for its own button, and for no form of another site', async () => {
    const { origin } = new URL(page.url);
    const post = (headers: Record<string, string>) => answerOf('stop', { method: 'POST', headers });
    expect((await post({ origin: 'https://attacker.example' })).status).toBe(403);
    expect((await post({})).status).toBe(403);
    expect((await answerOf('stop')).status).toBe(404);
    expect(onStop).not.toHaveBeenCalled();
    expect((await post({ origin })).status).toBe(204);
    expect(onStop).toHaveBeenCalledOnce();
  });

  it('tells of samples and thresholds as they come, and never of the login', async () => {
    page.onProgress({
      ...{ type: 'ready', url: 'http://127.0.0.1:9', username: 'u', password: 'canary-login' },
    });
    page.onProgress({ type: 'phase', phase: 'load', state: 'started' });
    page.onProgress(sampleEvent(1));
    const [before, after] = await eventsOf(2, () =>
      page.onProgress({
        type: 'thresholds',
        thresholds: [
          { metric: 'http_req_duration', expression: 'p(95)<5', passed: false, measured: 20, unit: 'ms' },
        ],
      }),
    );
    expect(before).toContain('Nothing is judged yet');
    expect(after).toContain('A threshold would not hold if the load ended now');
    expect(after).toContain('"id":"response-times"');
    expect(before! + after! + (await answerOf('')).body).not.toContain('canary-login');
  });

  it('shows status codes and bytes of each second, and asks for the page again with another code', async () => {
    const withCodes = (seconds: number, codes: Record<string, number>): RunEvent => ({
      ...{ type: 'sample', durationSeconds: 20, warmUpSeconds: 0 },
      sample: { ...sample(seconds), codes, bytesSentPerSecond: 12_000, bytesReceivedPerSecond: 4000 },
    });
    page.onProgress(withCodes(1, { 200: 40 }));
    const { body } = await answerOf('');
    expect(body).toContain('data-chart="status-codes"');
    expect(body).toContain('Sent up to 12 kB/s, received up to 4 kB/s');
    const [, shown] = /data-ids="([^"]+)"/.exec(body)!;
    const [before, after] = await eventsOf(2, () => page.onProgress(withCodes(2, { 200: 30, 503: 10 })));
    const idsOf = (event: string | undefined) =>
      (JSON.parse(event!.slice(event!.indexOf('{'))) as { ids: string }).ids;
    expect(idsOf(before)).toBe(shown);
    expect(idsOf(after)).not.toBe(shown);
    expect(/data-ids="([^"]+)"/.exec((await answerOf('')).body)![1]).toBe(idsOf(after));
  });

  it('shows a run before it beside it', async () => {
    page.onProgress(sampleEvent(1));
    const { body } = await answerOf('?beside=0');
    expect(body).toContain('data-chart="throughput-beside"');
    expect(body).toContain('Throughput, run-before');
    for (const other of ['1', '-1', '__proto__', '0x0']) {
      expect((await answerOf(`?beside=${other}`)).body).not.toContain('-beside"');
    }
  });

  it('hands the report over to who shows the page, and is gone', async () => {
    const listening = eventsOf(2, () => void page.close({ resultsDirectory: results } as RunReport));
    await vi.waitFor(async () => expect((await answerOf('report')).body).toContain('the report'));
    expect((await listening)[1]).toContain('event: report');
    await vi.waitFor(async () => {
      await expect(answerOf('')).rejects.toThrow(/ECONNREFUSED/);
    });
  });

  it('says that there is no report where the run has none', async () => {
    const [, over] = await eventsOf(2, () => void page.close(undefined));
    expect(over).toContain('without a report');
  });

  it('shows a run of another command beside it, as that goes on, and keeps what it had', async () => {
    const other = await serveLivePage({ name: 'other', target: 'rest', others: [], onStop });
    const address = other.samplesUrl;
    const withdraw = await announce(results, { runId: 'run-b', name: 'other', address });
    page.onProgress(sampleEvent(1));
    expect((await answerOf('')).body).toContain('other, run-b (goes on)');
    other.onProgress(sampleEvent(1));
    const { body } = await answerOf('?beside=live-run-b');
    expect(body).toContain('data-chart="throughput-beside"');
    const rowsBeside = (text: string) => {
      const { charts } = JSON.parse(text.slice(text.indexOf('{'))) as {
        charts: { id: string; x: number[] }[];
      };
      return charts.find(({ id }) => id === 'throughput-beside')?.x;
    };
    const events = await fetch(new URL('events?beside=live-run-b', page.url));
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () => {
      let text = '';
      while (!text.endsWith('\n\n')) text += (await reader.read()).value ?? '';
      return rowsBeside(text);
    };
    expect(await next()).toEqual([1]);
    other.onProgress(sampleEvent(2));
    page.onProgress(sampleEvent(2));
    expect(await next()).toEqual([1, 2]);
    await Promise.all([withdraw(), other.close(undefined)]);
    page.onProgress(sampleEvent(3));
    expect(await next()).toEqual([1, 2]);
    await reader.cancel();
    expect(await readdir(results)).toEqual(['report.html']);
  });

  it('goes on where the run beside it answers what no samples are', async () => {
    let samples: unknown[] = [];
    const stranger = createServer((_, response) => response.end(JSON.stringify(samples)));
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const { port } = stranger.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/${'a'.repeat(32)}/samples`;
    await announce(results, { runId: 'run-b', name: 'other', address });
    const events = await fetch(new URL('events?beside=live-run-b', page.url));
    const reader = events.body!.getReader();
    await reader.read();
    samples = [null];
    page.onProgress(sampleEvent(1));
    expect(await reader.read().catch(() => ({ done: true }))).toMatchObject({ done: true });
    expect((await answerOf('')).status).toBe(200);
    stranger.close();
  });

  it('lets other commands read its samples, and do nothing else', async () => {
    page.onProgress(sampleEvent(1));
    page.onProgress(sampleEvent(2));
    const read = async (path: string, method = 'GET') =>
      answerOf(new URL(path, page.samplesUrl).href, {
        method,
        headers: { origin: new URL(page.url).origin },
      });
    expect(JSON.parse((await read('samples')).body)).toEqual([sample(1), sample(2)]);
    expect(JSON.parse((await read('samples?after=1')).body)).toEqual([sample(2)]);
    for (const path of ['./', 'events', 'report']) expect((await read(path)).status).toBe(404);
    expect((await read('stop', 'POST')).status).toBe(404);
    expect(onStop).not.toHaveBeenCalled();
    expect((await answerOf('samples')).status).toBe(404);
    expect((await answerOf('')).body).not.toContain(new URL(page.samplesUrl).pathname);
  });

  it('asks nothing of an address that no command has written, and removes what is left of one that is gone', async () => {
    const gone = await serveLivePage({ name: 'gone', target: 'rest', others: [], onStop });
    await announce(results, { runId: 'gone', name: 'gone', address: gone.samplesUrl });
    await gone.close(undefined);
    await announce(results, { runId: 'elsewhere', name: 'x', address: 'http://192.0.2.1:80/samples' });
    await writeFile(join(results, '.going-on-broken.json'), '{');
    expect(await listGoingOn(results, 'this-run')).toEqual([]);
    expect((await readdir(results)).sort()).toEqual([
      '.going-on-broken.json',
      '.going-on-elsewhere.json',
      'report.html',
    ]);
    expect((await stat(join(results, '.going-on-elsewhere.json'))).mode & 0o077).toBe(0);
  });
});
