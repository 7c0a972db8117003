import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { AwsStandIn, realMachines } from '@loadwright/aws-stand-in';
import { variablesFor } from '../../packages/infra/test/ec2/quick-fleet.js';
import { command } from './documents.js';
import { examples, project, withEmulator, transpile } from './project.js';

const fraud = ['sagemaker', '--set', 'endpointName=fraud', '--set', 'region=eu-west-1'];

/** A project with an example, compiled. */
function compiled(file: string): string {
  const cwd = project(file);
  transpile(cwd, cwd);
  // The emulator, and for EC2 the machines, are on this machine: how busy it is, is not what is tested.
  const script = join(cwd, file.replace('.ts', '.js'));
  const run = "test.run({ tolerate: ['generator-cpu', 'event-loop-lag'],";
  writeFileSync(script, readFileSync(script, 'utf8').replace('test.run({', run));
  return cwd;
}

it('the commands of the first test run', async () => {
  const script = readFileSync(join(examples, 'first-test.sh'), 'utf8');
  const here = script.replaceAll('npx --no-install loadwright', `'${process.execPath}' '${command}'`);
  const { stdout } = await execa('sh', ['-e', '-c', here], { cwd: project() });
  expect(stdout.match(/PASS/g)?.length).toBeGreaterThanOrEqual(2);
});

it('the program runs', async () => {
  const cwd = compiled('program.ts');
  const { stdout } = await withEmulator(fraud, ({ url, environment }) =>
    execa(process.execPath, ['program.js'], { cwd, env: { ...environment, SAGEMAKER_ENDPOINT_URL: url } }),
  );
  expect(stdout).toContain('load finished');
  expect(stdout).toMatch(/PASS All 2 thresholds held/);
});

/** Runs a program whose fleet is on EC2, which the AWS stand-in and machines on this one stand for. @returns its output. */
async function onEc2(file: string): Promise<string> {
  const cwd = compiled(file);
  const aws = await AwsStandIn.start();
  try {
    return await withEmulator(fraud, async ({ url, environment }) => {
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
      const { stdout } = await execa(process.execPath, [file.replace('.ts', '.js')], { cwd, env });
      expect(machines).toMatchObject({ made: [{}], failures: [] });
      expect(await aws.inventory()).toEqual(before);
      return stdout;
    });
  } finally {
    await aws.stop();
  }
}

it('the program for EC2 makes a machine that runs the test, and removes it', async () => {
  const stdout = await onEc2('ec2.ts');
  expect(stdout).toMatch(/^security group loadwright-[^]* US dollars an hour: c7i.large /);
  expect(stdout).toMatch(/^PASS /m);
}, 360_000);

it('the program that deploys a fleet runs two tests on it, collects both, and removes it', async () => {
  const stdout = await onEc2('two-tests.ts');
  expect(stdout).toMatch(/^5 users: PASS, p95 \S+ ms, \d+ files\n10 users: PASS, .*\nNothing is left\.$/);
}, 360_000);
