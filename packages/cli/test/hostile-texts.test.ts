import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { LoadwrightError, type RunEvent } from '@loadwright/core';
import { printable } from '@loadwright/core/fleet';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { createLiveView } from '../src/live/view.js';
import { printReport } from '../src/run/run-and-report.js';
import { main } from '../src/main.js';
import { createContext } from '../src/shell/create-context.js';
import { formatError } from '../src/output/errors.js';
import { safeIo } from '../src/output/safe-stream.js';
import { dhtConfig, project } from './project.js';
import { makeReport } from './report-fixture.js';
import { run, TestIo } from './support.js';

const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** The same sequence of numbers in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const attacks = [
  '\u001b[2J\u001b[H',
  '\u001b]0;title\u0007',
  '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\',
  '\u001b[31m',
  '\u001bP+q\u001b\\',
  '\u009b31m',
  '\u009d0;title\u009c',
  '\u202etxt.exe',
  '\u2066\u2069',
  '\r',
  '\b\b\b\b',
  '\u0000',
  '\u200b',
  '\ud800',
  'plain',
  '"',
  '=1+1',
];

function fuzzed(next: () => number): string {
  return Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
    next() < 0.5
      ? attacks[Math.floor(next() * attacks.length)]
      : String.fromCharCode(Math.floor(next() ** 3 * 0xffff)),
  ).join('');
}

const plain = picocolors.createColors(false);

describe('10,000 texts of a hostile server', () => {
  it('reach a terminal as text alone, by every way there is', () => {
    const next = random(20261129);
    const io = new TestIo({ environment: { NO_COLOR: '1' } });
    const safe = safeIo(io);
    const view = createLiveView(safe, safe.stdout, { live: false });
    const context = createContext([], safe, main);
    for (let count = 0; count < 10_000; count += 1) {
      const text = fuzzed(next);
      expect(printable(text)).not.toMatch(raw);
      view.onProgress({ type: 'message', level: 'warning', message: text } as RunEvent);
      view.say(text);
      context.print(text);
      context.note(text);
      context.printJson({ text });
      const error = new LoadwrightError('PREFLIGHT_FAILED', text, { hint: text, cause: new Error(text) });
      expect(formatError(error, plain, { trace: (line) => line })).not.toMatch(raw);
    }
    expect(io.stdout.text.length).toBeGreaterThan(100_000);
    expect(io.stdout.text).not.toMatch(raw);
    expect(io.stderr.text).not.toMatch(raw);
  });

  it('stay what they are in JSON', () => {
    const io = new TestIo();
    const text = attacks.filter((attack) => attack !== '\ud800').join('');
    createContext(['--json'], safeIo(io), main).printJson({ text });
    expect(io.stdout.text).not.toMatch(raw);
    expect(JSON.parse(io.stdout.text)).toEqual({ text });
  });

  it('do not colour what is said of them', () => {
    const io = new TestIo({ environment: { FORCE_COLOR: '1' } });
    const safe = safeIo(io);
    createLiveView(safe, safe.stdout, { live: false }).onProgress({
      type: 'message',
      level: 'warning',
      message: '\u001b[32mPASS\u001b[39m',
    });
    expect(io.stdout.text).toBe('\u001b[33m!\u001b[39m \\u001b[32mPASS\\u001b[39m\n');
  });

  it('are shown in a report', () => {
    const io = new TestIo({ environment: { NO_COLOR: '1' } });
    const text = attacks.join('');
    const report = makeReport({
      name: text,
      reasons: [text],
      target: { kind: text, host: `http://${text}`, labels: { [text]: text } },
      requests: makeReport().requests.map((request) => ({ ...request, method: text, name: text })),
      errors: [{ method: text, name: text, kind: 'http', error: text, occurrences: 3, hint: text }],
      exceptions: [{ message: text, count: 1, nodes: [text] }],
    });
    printReport(createContext([], safeIo(io), main), report);
    expect(io.stdout.text).toContain('\\u001b');
    expect(io.stdout.text).not.toMatch(raw);
  });

  it('come from a real server', async () => {
    const text = attacks.join('');
    const server = createServer((_request, response) => response.writeHead(500).end(text)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const io = await project(
      { ...dhtConfig, target: { ...dhtConfig.target, baseUrl } },
      { environment: { NO_COLOR: '1', LOADWRIGHT_DEBUG: '1' } },
    );
    const { exitCode, stdout, stderr } = await run(['run'], io);
    server.close();
    expect(exitCode).toBe(104);
    expect(`${stdout}${stderr}`).toContain('plain');
    expect(`${stdout}${stderr}`).not.toMatch(raw);
  });
});
