import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';

const modules = new URL('../../dist/', import.meta.url).href;

/** Runs a process with an exporter, whose errors the test runner must not hear, and then a statement. */
function processWith(
  exporter: string,
  last: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = `
    import { EventEmitter, once } from 'node:events';
    import { connect, createServer } from 'node:net';
    import { RunExports } from '${modules}exporters/run-exports.js';
    import { RunSeries } from '${modules}measure/run-series.js';
    const troubles = [];
    let reached;
    let writes = 0;
    const isThere = new Promise((resolve) => { reached = resolve; });
    const definition = { open: () => (${exporter}) };
    const exports = new RunExports({
      exporters: [{ definition, options: {}, title: 'shop', secrets: {}, hidden: ['hidden-token'] }],
      run: { test: 't', runId: 'r', target: 'rest', fleet: 'local', labels: {} },
      series: new RunSeries({ gathersIncrements: true }),
      redact: (text) => text,
      onTrouble: (message) => { troubles.push(message); reached(); },
    });
    const reading = { test: { startedAt: 1000 }, userCount: 1, inFlight: { count: 0 }, workers: [], metrics: {} };
    exports.add({ ...reading, time: 1001 });
    await isThere;
    exports.add({ ...reading, time: 1002 });
    const losses = await exports.finish({ verdict: 'PASS' }, new AbortController().signal);
    console.log(JSON.stringify({ troubles, losses }));
    ${last}`;
  return runProgram(program);
}

function runProgram(program: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', program], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const close = 'close: async () => {}';
const text = 'shop: an error that the exporter does not handle: ';

it.each([
  [
    'an error event without a listener',
    `{ write: async () => { if (writes++ === 0) setImmediate(() => new EventEmitter().emit('error', new Error('gone with hidden-token'))); }, ${close} }`,
    /^gone with (?!hidden)\S+$/,
  ],
  [
    'a socket that nobody listens to',
    `{ write: async () => { if (writes++ > 0) return; const server = createServer().listen(0, '127.0.0.1'); await once(server, 'listening');
       const { port } = server.address(); server.close(); await once(server, 'close'); connect(port, '127.0.0.1'); }, ${close} }`,
    /^connect ECONNREFUSED/,
  ],
  [
    'a promise that nobody awaits',
    `{ write: async () => { if (writes++ === 0) void (async () => { throw new Error('gone with hidden-token'); })(); }, ${close} }`,
    /^gone with (?!hidden)\S+$/,
  ],
  [
    'a promise that a timer lets go',
    `{ write: async () => { if (writes++ === 0) setTimeout(async () => { await null; throw new Error('gone late'); }, 1); }, ${close} }`,
    /^gone late$/,
  ],
  [
    'a request that nobody awaits',
    `{ write: async () => { if (writes++ > 0) return; const server = createServer().listen(0, '127.0.0.1'); await once(server, 'listening');
       const { port } = server.address(); server.close(); await once(server, 'close'); fetch('http://127.0.0.1:' + port); }, ${close} }`,
    /^fetch failed/,
  ],
])('makes %s a warning of the exporter, and the run goes on', async (_, exporter, message) => {
  const { code, stdout, stderr } = await processWith(exporter, 'exports.release();');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { troubles, losses } = JSON.parse(stdout) as {
    troubles: string[];
    losses: { rule: string; reason: string }[];
  };
  expect(troubles[0]!.slice(0, text.length)).toBe(text);
  expect(troubles[0]!.slice(text.length)).toMatch(message);
  expect(losses.map(({ rule }) => rule)).toContain('exporter');
  expect(losses.map(({ reason }) => reason)).toContain(troubles[0]);
});

const fails = `if (writes++ === 0) setImmediate(() => new EventEmitter().emit('error', new Error('in vain')))`;

it.each([
  ['nobody’s error', `${fails};`, `setImmediate(() => { throw new Error('of the command'); });`],
  ['nobody’s rejection', `${fails};`, `void Promise.reject(new Error('of the command'));`],
  [
    'nobody’s rejection beside one of the exporter',
    `${fails}; else void Promise.reject(new Error('in vain, too'));`,
    `setTimeout(() => void (async () => { throw new Error('of the command'); })(), 1);`,
  ],
])('lets %s end the process as without it', async (_, work, last) => {
  const { code, stderr } = await processWith(`{ write: async () => { ${work} }, ${close} }`, last);
  expect(code).toBe(1);
  expect(stderr).toContain('Error: of the command');
});

it('makes a promise that nobody awaits the reason why a run that is over could not be exported', async () => {
  const { code, stdout, stderr } = await runProgram(`
    import { exportRun } from '${modules}exporters/export-run.js';
    const options = { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }),
      jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) } } };
    const open = () => ({ write: async () => void Promise.reject(new Error('let go')), ${close} });
    const definition = { specificationVersion: 1, kind: 'own', summary: 's', options, open };
    const row = { second: 0, method: 'GET', name: 'a', due: 1, sent: 1, succeeded: 1, failed: 0, dropped: 0, bytes: 1, failures: {}, trends: {} };
    const header = { startedAt: '2026-08-01T10:11:20.000Z', metrics: {} };
    const report = { name: 't', runId: 'r', target: { kind: 'rest', labels: {} }, fleet: { kind: 'local' }, series: [], verdict: 'PASS' };
    const error = await exportRun({ definition, options: {} }, { header, rows: [row] }, report).catch((error) => error);
    console.log(JSON.stringify([error.code, error.message]));`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual([
    'EXPORT_FAILED',
    'After 1 seconds of the run: own: an error that the exporter does not handle: let go',
  ]);
});
