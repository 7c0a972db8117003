import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLoadTest, type ProbeRequest, type Target } from '@loadwright/core';
import { validate, type PreflightAnswer, type Probe } from '@loadwright/core/fleet';
import { locustProbe, runPreflight } from '@loadwright/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesToTry } from '../packages/infra/test/matrix.js';
import { locust } from '../packages/cli/test/command.js';
import { at, cases, files } from './identity/cases.js';
import { Recorder } from './identity/recorder.js';

const python = fileURLToPath(new URL('../.venv/bin/python', import.meta.url));
const driver = fileURLToPath(new URL('./identity/driver.py', import.meta.url));

let folder: string;
let recorder: Recorder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-identity-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  recorder = await Recorder.start();
});

afterAll(async () => {
  await recorder.stop();
  await rm(folder, { recursive: true });
});

/** The bundles of a preflight and of a load, and what their processes find in their environment. */
interface Prepared {
  readonly preflight: string;
  readonly load: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Writes both bundles as a run writes them. */
async function prepare(target: Target, number: number): Promise<Prepared> {
  const directory = join(folder, String(number));
  const [preflight, load] = [join(directory, 'preflight'), join(directory, 'load')];
  await mkdir(directory);
  let variables: Prepared['variables'] = {};
  const asked = new Error('asked');
  const probe = async (request: ProbeRequest): Promise<PreflightAnswer> => {
    variables = request.environment;
    await cp(request.directory, preflight, { recursive: true });
    throw asked;
  };
  await expect(preflightOf(target, probe)).rejects.toBe(asked);
  const test = createLoadTest({
    target,
    load: { users: 1, duration: '1s', waitTime: '1m', spawnRate: 1 },
    baseDirectory: folder,
    environment: {},
  });
  await test.bundle({ directory: load });
  return { preflight, load, variables };
}

function preflightOf({ definition, options }: Target, probe: Probe) {
  const validated = validate(definition.options, options, { field: 'target' });
  const context = { environment: {}, baseDirectory: folder, signal: AbortSignal.timeout(600_000) };
  return runPreflight(definition, validated, { ...context, probe });
}

/** What a process prints. */
async function output(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Promise<string> {
  const { PATH = '' } = process.env;
  const child = spawn(file, args, { cwd: options.cwd, env: { PATH, ...options.env } });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(options.input);
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`ended with ${String(code)}:\n${errors}`);
  return text;
}

const ofEachKind = ['sagemaker: CSV as JSON', 'databricks: split', 'chalice: an API key', 'dht: a list'];

const kindOf = ([, { definition }]: (typeof cases)[number]) => definition.kind;
const firstOfKind = new Map(cases.toReversed().map((one) => [kindOf(one), one]));
/** Beside the first of each kind. */
const others = casesToTry(
  cases.filter((one) => firstOfKind.get(kindOf(one)) !== one),
  { name: ([name]) => name, handful: 9 },
);

describe('the preflight and the load', () => {
  it('send the same bytes, whatever the target, its payloads and its options', async () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    expect(firstOfKind.size).toBe(5);
    const tried = [...firstOfKind.values(), ...others];
    const prepared = await Promise.all(
      tried.map(([, target], number) => prepare(at(target, recorder.url), number)),
    );
    const printed = await output(python, [driver], { cwd: folder, env: {}, input: JSON.stringify(prepared) });
    const answers = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PreflightAnswer);
    expect(answers.map(({ failure }) => failure)).toEqual(tried.map(() => null));
    expect(recorder.requests).toHaveLength(2 * tried.length);
    const [firstRow] = String(files['numbers.jsonl']).split('\n');
    const ofNumbers = tried.indexOf(cases[0]!);
    expect(recorder.requests[2 * ofNumbers]!.toString().endsWith(`\r\n\r\n${firstRow}`)).toBe(true);
    for (const [number, [name]] of tried.entries()) {
      const [preflight, load] = recorder.requests.slice(2 * number);
      expect(preflight!.toString('latin1'), name).toBe(load!.toString('latin1'));
      const { text, base64, isCut } = answers[number]!.request!.body;
      const body = preflight!.subarray(preflight!.indexOf('\r\n\r\n') + 4);
      expect(isCut ? undefined : (text ?? base64), name).toBe(
        body.toString(text === undefined ? 'base64' : 'utf8'),
      );
      expect(JSON.stringify(answers[number]), name).not.toMatch(/canary/i);
    }
  }, 180_000);

  it.each(casesToTry(ofEachKind, { name: (name) => name, handful: 1 }))(
    'send the same bytes in processes of their own: %s',
    async (wanted) => {
      const target = at(cases.find(([name]) => name === wanted)![1], recorder.url);
      const before = recorder.requests.length;
      // The health of a cluster is asked for beside it.
      const probe = locustProbe(locust);
      await preflightOf(target, probe).finally(probe.close);
      const preflight = recorder.requests.at(-1)!;
      const made = recorder.requests.length;
      expect(made - before).toBe(target.definition.kind === 'dht' ? 2 : 1);
      const { load, variables } = await prepare(target, before);
      await output(locust!, ['-f', 'locustfile.py', '--headless', '-t', '1s'], {
        cwd: load,
        env: { ...variables },
      });
      expect(recorder.requests).toHaveLength(made + 1);
      expect(withoutTime(recorder.requests[made]!)).toBe(withoutTime(preflight));
    },
    60_000,
  );
});

/** Signed at different seconds. */
function withoutTime(request: Buffer): string {
  return request
    .toString('latin1')
    .replace(/^x-amz-date: .*$/im, 'x-amz-date')
    .replace(/Signature=[0-9a-f]{64}/, 'Signature');
}
