import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { RunReport } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from '../../packages/cli/test/command.js';
import { busyMachineFlags } from '../../packages/infra/test/busy-machine.js';
import { root } from './documents.js';
import { transpile } from './project.js';

const token = 'canary-of-the-webhook';
const option = 'canary-of-an-option';
const environment = {
  LOADWRIGHT_REST_BEARER_TOKEN: 'unused',
  WEBHOOK_TOKEN: token,
  OPTION_OF_BROKEN: option,
};

/** Exporters that fail in each of their functions, and say more than they should. */
const broken = {
  open: 'open: () => { throw failure; }',
  promise: 'open: async () => { throw failure; }',
  write: 'open: () => ({ write: async () => { throw failure; }, close: async () => {} })',
  close: 'open: () => ({ write: async () => {}, close: () => { throw failure; } })',
  interval: 'everySeconds: () => { throw failure; }, open: () => ({ write() {}, close() {} })',
};

interface Document {
  readonly run: string;
  readonly to?: number;
  readonly verdict?: string;
  readonly requests?: readonly { readonly sent: number; readonly succeeded: number }[];
}

let cwd = '';
let received: { authorization: string | undefined; document: Document }[] = [];
const receiver = createServer(async (request, response) => {
  const { authorization } = request.headers;
  received.push({ authorization, document: (await json(request)) as Document });
  response.end();
});

beforeAll(async () => {
  // Within the project, where the packages are found; in it the exporter as npm packs and unpacks it.
  mkdirSync(join(root, 'docs/.cache'), { recursive: true });
  cwd = mkdtempSync(join(root, 'docs/.cache/exporter-'));
  const example = join(root, 'docs/examples/loadwright-exporter-webhook');
  const source = join(cwd, 'source');
  cpSync(join(example, 'package.json'), join(source, 'package.json'));
  transpile(join(example, 'src'), join(source, 'dist'));
  execFileSync('npm', ['pack', '--pack-destination', cwd], { cwd: source, stdio: 'ignore' });
  const installed = join(cwd, 'node_modules/loadwright-exporter-webhook');
  mkdirSync(installed, { recursive: true });
  const tarball = join(cwd, 'loadwright-exporter-webhook-1.0.0.tgz');
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  rmSync(source, { recursive: true });

  for (const [name, functions] of Object.entries(broken))
    writeFileSync(
      join(cwd, `${name}.mjs`),
      `import { defineExporter } from '@loadwright/core/exporters';
       import { z } from 'zod';
       const failure = new Error('broken ${name}:\\n${option}\\n\\u001b[31m${token}');
       const options = z.strictObject({ url: z.string().default('a'), token: z.string().default('a b').meta({ writeOnly: true }) });
       export default defineExporter({ specificationVersion: 1, kind: '${name}', summary: 'fails', options, ${functions} });`,
    );
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  rmSync(cwd, { recursive: true });
});

async function loadwright(
  args: readonly string[],
  { variables = environment as Record<string, string> } = {},
) {
  const command = new Command(args, { cwd, environment: variables });
  const exitCode = await command.ended;
  return { exitCode, stdout: command.stdout, output: command.stdout + command.stderr };
}

const documents = () => received.map(({ document }) => document);
const sumOf = (found: readonly Document[], count: 'sent' | 'succeeded') =>
  found.flatMap(({ requests = [] }) => requests).reduce((sum, request) => sum + request[count], 0);

/** Everything that was written for good. */
const written = () =>
  readdirSync(join(cwd, 'results'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

function configure(exporters: readonly object[]): void {
  const target = { kind: 'rest', baseUrl: 'https://api.example', route: '/predict', body: {} };
  const load = { users: 4, duration: '2s' };
  const thresholds = { http_req_failed: ['rate<0.01'] };
  writeFileSync(
    join(cwd, 'loadwright.config.json'),
    JSON.stringify({ name: 'exported', target, workers: 1, load, thresholds, exporters }),
  );
}

const run = ['run', '--emulator', ...busyMachineFlags, '--json'];
const to = () => `webhook=http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;

describe('an exporter that is a package', () => {
  it('gets all figures of a run, beside others that fail, and none of them changes the verdict', async () => {
    configure(Object.keys(broken).map((name) => ({ kind: `./${name}.mjs`, token: '${OPTION_OF_BROKEN}' })));
    const { exitCode, stdout, output } = await loadwright([...run, '--export', to()]);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output });
    const report = JSON.parse(stdout) as RunReport;
    expect(report.verdict).toBe('PASS');

    const live = documents();
    expect(received.map(({ authorization }) => authorization)).toEqual(live.map(() => `Bearer ${token}`));
    expect(new Set(live.map((document) => document.run))).toEqual(new Set([report.runId]));
    expect(live.at(-1)).toMatchObject({ verdict: 'PASS' });
    const { sent, succeeded } = report.accounting!;
    expect(sent).toBeGreaterThan(0);
    expect([sumOf(live, 'sent'), sumOf(live, 'succeeded')]).toEqual([sent, succeeded]);

    // One line for each, which names it and what it said.
    const warnings = report.warnings!.filter(({ rule }) => rule === 'exporter').map(({ reason }) => reason);
    const reasons = warnings.map((reason) => reason.replaceAll(/\u001b\[31m|^\d+ of \d+ /g, ''));
    const said = (name: string) => `broken ${name}: [redacted] [redacted]`;
    expect(reasons).toEqual([
      `Nothing was delivered to open: ${said('open')}`,
      expect.stringMatching(/^Nothing was delivered to promise: open must return .* a promise\.$/),
      `Nothing was delivered to interval: ${said('interval')}`,
      `intervals were not delivered to write. ${said('write')}`,
      `The end of the run was not delivered to close: ${said('close')}`,
    ]);
    for (const canary of [option, token]) expect(written() + output).not.toContain(canary);
  });

  it('gets a run that is over', async () => {
    received = [];
    const { exitCode, output } = await loadwright(['export', '--to', to()]);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output });
    const [past] = documents();
    const summary = join(cwd, 'results/exported', past!.run, 'summary.json');
    const { accounting } = JSON.parse(readFileSync(summary, 'utf8')) as RunReport;
    const found = documents();
    expect([sumOf(found, 'sent'), sumOf(found, 'succeeded')]).toEqual([
      accounting!.sent,
      accounting!.succeeded,
    ]);
  });

  it.each(['open', 'write'])('whose %s fails ends an export of its own with one message', async (name) => {
    const { exitCode, output } = await loadwright(['export', '--to', `./${name}.mjs=anywhere`]);
    expect({ exitCode, output }).toEqual({ exitCode: 104, output });
    expect(output).toMatch(/^error: .*broken/);
    expect(output.split('\n').filter((line) => line.startsWith('error:'))).toHaveLength(1);
    expect(output).not.toMatch(/^ +at /m);
  });

  it('is refused before the load without its variable, which is named', async () => {
    received = [];
    const { WEBHOOK_TOKEN: _, ...variables } = environment;
    configure([]);
    const { exitCode, output } = await loadwright([...run, '--export', to()], { variables });
    expect(exitCode).toBe(104);
    expect(output).toContain('the variable WEBHOOK_TOKEN is not set');
    expect(received).toEqual([]);
  });

  it('is named with its installation where it is missing', async () => {
    const { exitCode, output } = await loadwright([...run, '--export', 'webhok=http://127.0.0.1:9']);
    expect(exitCode).toBe(104);
    expect(output).toContain('npm install --save-dev loadwright-exporter-webhok');
  });
});
