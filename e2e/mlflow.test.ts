import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLoadTest, type Target } from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { databricks } from '@loadwright/targets/databricks';
import { sagemaker } from '@loadwright/targets/sagemaker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyMachine } from '../packages/infra/test/busy-machine.js';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const locust = place('../.venv/bin/locust');

let folder: string;
let log: string;
let server: ReturnType<typeof spawn>;
let url: string;

beforeAll(async () => {
  const environment = [place('../tools/python-environment.mjs'), place('../tools/ci/mlflow.txt')];
  const { stdout: python } = await promisify(execFile)(process.execPath, environment);
  folder = mkdtempSync(join(tmpdir(), 'loadwright-mlflow-'));
  log = join(folder, 'understood.jsonl');
  const { PATH = '' } = process.env;
  server = spawn(python, [place('mlflow_server.py'), log], {
    env: { PATH, HOME: folder, TMPDIR: folder, MLFLOW_DISABLE_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  createInterface(server.stderr!).on('line', (line) => said.push(line));
  const first = once(createInterface(server.stdout!), 'line') as Promise<[string]>;
  const ended = once(server, 'exit').then(() => {
    throw new Error(`MLflow's scoring server ended:\n${said.join('\n')}`);
  });
  ended.catch(() => {});
  const [port] = await Promise.race([first, ended]);
  url = `http://127.0.0.1:${port}`;
}, 300_000);

afterAll(async () => {
  if (server?.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const ofDatabricks = (format: string, payloads: unknown) => () =>
  databricks({
    ...{ baseUrl: url, endpointName: 'echo', endpointUrl: '/invocations', token: 'dapi-of-nobody' },
    ...({ format, payloads } as object as { payloads: string }),
  });
const ofSagemaker = (payloads: unknown) => () =>
  sagemaker({
    ...{ endpointName: 'echo', region: 'eu-west-1', baseUrl: url },
    ...{ payloads: payloads as string, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
  });

/** Rows of which a reader that is not careful loses something. */
const rows = [
  { zeta: 9007199254740993n, alpha: 1.5, name: 'Zoë "\u{1F3E0}"', none: null, yes: true },
  { nested: { list: [1, 2.5] }, list: [1, 2] },
];
const asFrames = [
  '{"frame":[["zeta","alpha","name","none","yes"],[9007199254740993,1.5,"Zoë \\"\u{1F3E0}\\"",null,true]]}',
  '{"frame":[["nested","list"],[{"list":[1,2.5]},[1,2]]]}',
];
const several = [
  { b: 1, a: 2.5 },
  { a: 3.5, b: 4 },
];
const severalAsFrame = '{"frame":[["b","a"],[1,2.5],[4,3.5]]}';
/** A whole body, with what goes beside the rows. */
const whole = { dataframe_split: { columns: ['x'], index: [7], data: [[1]] }, params: { top: 3 } };
const wholeAsFrame = '{"frame":[["x"],[1]],"params":{"top":3}}';
/** Each file is a body; requests draw one or the other source. */
const besideCsv = (inline: object[]) => [
  { source: { inline }, weight: 1 },
  { source: { files: ['one.csv', 'two.csv'] }, weight: 1 },
];
const documentsAsFrames = [
  '{"frame":[["a","b"],[1.0,"x"],[2.5,null]]}',
  '{"frame":[["c"],[9007199254740993]]}',
];

const cases: readonly {
  readonly name: string;
  readonly target: () => Target;
  readonly understood: readonly string[];
}[] = [
  {
    name: 'databricks: rows as dataframe_records',
    target: ofDatabricks('dataframe_records', { inline: [...rows, several, whole] }),
    understood: [...asFrames, severalAsFrame, wholeAsFrame],
  },
  {
    name: 'databricks: rows as dataframe_split',
    target: ofDatabricks('dataframe_split', { inline: [...rows, several, [{ a: 1 }, { b: 'x' }]] }),
    understood: [...asFrames, severalAsFrame, '{"frame":[["a","b"],[1.0,null],[null,"x"]]}'],
  },
  {
    name: 'databricks: rows as instances',
    target: ofDatabricks('instances', {
      inline: [
        { b: 1, a: 'x' },
        [1.5, 2.5],
        [
          [1, 2],
          [3, 4],
        ],
      ],
    }),
    understood: ['{"columns":{"b":[1],"a":["x"]}}', '{"tensor":[[1.5,2.5]]}', '{"tensor":[[[1,2],[3,4]]]}'],
  },
  {
    name: 'databricks: columns and tensors as inputs',
    target: ofDatabricks('inputs', {
      inline: [
        { b: [1, 2], a: ['x', 'y'] },
        [
          [1, 2],
          [3, 4],
        ],
      ],
    }),
    understood: ['{"columns":{"b":[1,2],"a":["x","y"]}}', '{"tensor":[[1,2],[3,4]]}'],
  },
  {
    name: 'databricks: whole bodies, chats among them, and CSV',
    target: ofDatabricks(
      'raw',
      besideCsv([
        whole,
        { dataframe_records: several, params: { top: 4 } },
        { messages: [{ role: 'user', content: 'Zoë' }] },
      ]),
    ),
    understood: [
      wholeAsFrame,
      severalAsFrame.replace('}', ',"params":{"top":4}}'),
      '{"columns":{"messages":[{"role":"user","content":"Zoë"}]}}',
      ...documentsAsFrames,
    ],
  },
  {
    name: 'sagemaker: JSON and CSV of a container of MLflow',
    target: ofSagemaker(
      besideCsv([whole, { instances: [[1.5, 2]] }, { inputs: { a: [9007199254740993n] } }]),
    ),
    understood: [
      wholeAsFrame,
      '{"tensor":[[1.5,2.0]]}',
      '{"columns":{"a":[9007199254740993]}}',
      ...documentsAsFrames,
    ],
  },
];

/** MLflow and the targets have nothing in common but the protocol: what it reads is what was written. */
it.each(cases)("MLflow's scoring server reads the rows of the payloads: $name", async (one) => {
  writeFileSync(join(folder, 'one.csv'), 'a,b\n1,x\n2.5,\n');
  writeFileSync(join(folder, 'two.csv'), 'c\n9007199254740993\n');
  writeFileSync(log, '');
  const report = await createLoadTest({
    ...{ target: one.target(), workers: 1, baseDirectory: folder, environment: {} },
    load: { users: 1, duration: '1s' },
  }).run({ fleet: localFleet({ locust }), tolerate: busyMachine });
  expect(report.errors).toEqual([]);
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(new Set(lines)).toEqual(new Set(one.understood));
  // The first is that of the preflight.
  expect(lines).toHaveLength(report.total.succeeded + 1);
});
