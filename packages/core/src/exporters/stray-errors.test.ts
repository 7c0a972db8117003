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
    'a promise that an exporter lets go, which may be anybody’s',
    `${fails}; else Promise.reject(new Error('of the command'));`,
    '',
  ],
])('lets %s end the process as without it', async (_, work, last) => {
  const { code, stderr } = await processWith(`{ write: async () => { ${work} }, ${close} }`, last);
  expect(code).toBe(1);
  expect(stderr).toContain('Error: of the command');
});
