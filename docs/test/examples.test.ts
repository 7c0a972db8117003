import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunReport } from '@loadwright/core';
import { locustProbe, targetConformance } from '@loadwright/core/testing';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { AwsStandIn, realMachines } from '../../packages/infra/test/aws/index.js';
import { variablesFor } from '../../packages/infra/test/ec2/quick-fleet.js';
import { echo } from '../examples/loadwright-target-echo/src/index.js';
import { command, root } from './documents.js';

const examples = join(root, 'docs/examples');
const cache = join(root, 'docs/.cache/projects');

beforeAll(() => rmSync(cache, { recursive: true, force: true }));

/** A folder for a user's project, with the given examples in it. */
function project(...files: string[]): string {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'project-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  for (const file of files) cpSync(join(examples, file), join(folder, file));
  return folder;
}

const loadwright = (cwd: string, ...args: string[]) => execa(process.execPath, [command, ...args], { cwd });

async function run(cwd: string, ...args: string[]): Promise<RunReport> {
  const { stdout } = await loadwright(cwd, 'run', '--emulator', '--json', ...args);
  return JSON.parse(stdout) as RunReport;
}

function expectPass(report: RunReport): void {
  expect(report).toMatchObject({ verdict: 'PASS', total: { failed: 0 } });
  expect(report.total.count).toBeGreaterThan(0);
}

describe('the configuration', () => {
  it('says the same in TypeScript and in YAML', async () => {
    const folder = project('loadwright.config.ts', 'loadwright.config.yaml');
    const print = async (file: string) => {
      const { stdout } = await loadwright(folder, 'config', 'print', '--json', '--config', file);
      return (JSON.parse(stdout) as { configuration: unknown }).configuration;
    };
    expect(await print('loadwright.config.yaml')).toEqual(await print('loadwright.config.ts'));
  });

  it('runs', async () => expectPass(await run(project('loadwright.config.ts', 'features.jsonl'))));
});

it('the commands of the first test run', async () => {
  const script = readFileSync(join(examples, 'first-test.sh'), 'utf8');
  const here = script.replaceAll('npx --no-install loadwright', `'${process.execPath}' '${command}'`);
  const { stdout } = await execa('sh', ['-e', '-c', here], { cwd: project() });
  expect(stdout.match(/PASS/g)?.length).toBeGreaterThanOrEqual(2);
});

/** An emulator in a process of its own, as a user starts it. */
async function withEmulator<Result>(
  args: readonly string[],
  work: (emulator: { url: string; environment: Record<string, string> }) => Promise<Result>,
): Promise<Result> {
  const emulator = execa(process.execPath, [command, 'emulate', ...args, '--json'], { buffer: false });
  try {
    for await (const line of createInterface(emulator.stdout)) return await work(JSON.parse(line));
    throw new Error('the emulator said nothing');
  } finally {
    emulator.kill('SIGINT');
    await emulator;
  }
}

const fraud = ['sagemaker', '--set', 'endpointName=fraud', '--set', 'region=eu-west-1'];

/** A project with an example, compiled. */
async function compiled(file: string): Promise<string> {
  const cwd = project(file);
  const compiler = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck', file];
  await execa('tsc', [...compiler, '--ignoreConfig', '--types', 'node'], {
    cwd,
    preferLocal: true,
    localDir: root,
  });
  // The emulator, and for EC2 the machines, are on this machine: how busy it is, is not what is tested.
  const script = join(cwd, file.replace('.ts', '.js'));
  const run = "test.run({ tolerate: ['generator-cpu', 'event-loop-lag'],";
  writeFileSync(script, readFileSync(script, 'utf8').replace('test.run({', run));
  return cwd;
}

it('the program runs', async () => {
  const cwd = await compiled('program.ts');
  const { stdout } = await withEmulator(fraud, ({ url, environment }) =>
    execa(process.execPath, ['program.js'], { cwd, env: { ...environment, SAGEMAKER_ENDPOINT_URL: url } }),
  );
  expect(stdout).toContain('load finished');
  expect(stdout).toMatch(/PASS All 2 thresholds held/);
});

it('the program for EC2 makes a machine that runs the test, and removes it', async () => {
  const cwd = await compiled('ec2.ts');
  const aws = await AwsStandIn.start();
  try {
    const { stdout } = await withEmulator(fraud, async ({ url, environment }) => {
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = environment;
      // The emulator takes these alone, so they are those of the machine's role; whoever makes the machine has others.
      const keys = {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        sessionToken: AWS_SESSION_TOKEN,
      };
      const machines = realMachines(aws, { keys });
      Object.assign(aws.behaviour, machines.hooks);
      const before = await aws.inventory();
      const own = [
        '[load-tests]',
        'aws_access_key_id = AKIAMADEUPFORTESTS01',
        'aws_secret_access_key = made-up',
      ];
      writeFileSync(join(cwd, 'credentials'), own.join('\n'));
      const places = {
        SAGEMAKER_ENDPOINT_URL: url,
        AWS_SHARED_CREDENTIALS_FILE: join(cwd, 'credentials'),
        LOADWRIGHT_STATE_DIR: join(cwd, 'state'),
      };
      const env = { ...variablesFor(aws), ...environment, ...places };
      const program = await execa(process.execPath, ['ec2.js'], { cwd, env });
      expect(machines).toMatchObject({ made: [{}], failures: [] });
      expect(await aws.inventory()).toEqual(before);
      return program;
    });
    expect(stdout).toMatch(/^security group loadwright-[^]* US dollars an hour: c7i.large /);
    expect(stdout).toMatch(/^PASS /m);
  } finally {
    await aws.stop();
  }
}, 120_000);

describe('a target of your own', () => {
  const source = join(examples, 'loadwright-target-echo');

  describe('conforms', () => {
    const probe = locustProbe(join(root, '.venv/bin/locust'));
    for (const check of targetConformance(echo, { probe })) it(check.name, check.run);
  });

  it('is found by its name in the project of its user, and runs', async () => {
    const folder = project('third-party.yaml');
    const installed = join(folder, 'node_modules', 'loadwright-target-echo');
    mkdirSync(installed, { recursive: true });
    cpSync(join(source, 'package.json'), join(installed, 'package.json'));
    cpSync(join(source, 'python'), join(installed, 'python'), { recursive: true });
    await execa('tsc', ['-p', source, '--outDir', join(installed, 'dist')], { cwd: root, preferLocal: true });
    const { stdout } = await loadwright(folder, 'targets', 'show', 'echo');
    expect(stdout).toContain('ECHO_TOKEN');
    expectPass(await run(folder, '--config', 'third-party.yaml'));
  });
});
