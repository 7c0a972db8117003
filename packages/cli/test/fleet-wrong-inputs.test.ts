import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LastingFleetDouble, leftover } from './lasting-fleet.js';
import { databricksConfig, dhtConfig } from './project.js';
import { TestIo } from './support.js';

interface WrongInput {
  readonly title: string;
  readonly argv: readonly string[];
  /** What differs from a configuration that is right. */
  readonly config?: Record<string, unknown>;
  /** False: there is no configuration file. */
  readonly file?: false;
  readonly environment?: Record<string, string>;
  /** Ids of the runs of which something stands. */
  readonly runs?: readonly string[];
  /** Default 104. */
  readonly exitCode?: number;
  /** What stderr must hold: what was found, what is allowed, what to do. */
  readonly says: readonly (string | RegExp)[];
}

const first = '20261123-090000-aaaaaaaa01';
const second = '20261123-100000-aaaaaaaa02';
const both = [second, first];
const local = { fleet: { kind: 'local' } };

const wrongInputs: readonly WrongInput[] = [
  // Which fleet?
  ...[
    'list',
    'status',
    'gc --dry-run',
    'stop a',
    'logs a',
    'ui a',
    'follow a',
    'results a',
    'destroy aaaaaa --yes',
    'iam policy --boundary',
    'iam policy --machine',
    'iam policy --format cloudformation',
  ].flatMap((line): WrongInput[] => [
    {
      title: `${line} of a fleet that ends with its command`,
      argv: line.split(' '),
      config: local,
      says: ['"local" ends with the command', /^hint: .*--fleet ec2 --region <region>.*loadwright run/m],
    },
  ]),
  {
    title: 'list without a configuration and without a fleet',
    argv: ['list'],
    file: false,
    says: ['which fleet?', '--fleet ec2 --region', '--config'],
  },
  {
    title: 'a kind of fleet that does not exist',
    argv: ['list', '--fleet', 'moon'],
    says: ['"moon"', '"double"'],
  },
  {
    title: 'a kind that every object has',
    argv: ['list', '--fleet', 'constructor'],
    says: ['"constructor"', '"double"'],
  },
  {
    title: 'a file that does not exist',
    argv: ['list', '--config', 'absent.yaml'],
    says: ['absent.yaml'],
  },
  {
    title: 'a configuration whose variable is not set',
    argv: ['list'],
    config: { name: '${ABSENT}' },
    says: ['ABSENT'],
  },
  {
    title: 'deploy of a local fleet',
    argv: ['deploy', '--yes'],
    config: local,
    says: ['"local" ends', 'loadwright run'],
  },
  { title: 'start on a local fleet', argv: ['start', 'a'], config: local, says: ['"local" ends'] },
  {
    title: 'a local fleet that shall be kept',
    argv: ['run', '--keep-fleet'],
    config: local,
    says: ['"local" ends'],
  },
  {
    title: 'run on a fleet that does not exist',
    argv: ['run', '--fleet', 'moon'],
    says: ['"moon"', '"local"'],
  },
  // Which run?
  {
    title: 'status when no run stands',
    argv: ['status'],
    says: ['no fleet is deployed in eu-west-1, account 123456789012', 'loadwright deploy', '--region'],
  },
  { title: 'a run that does not stand', argv: ['stop', 'zzz'], runs: both, says: ['"zzz"', first, second] },
  {
    title: 'a part of two ids',
    argv: ['follow', 'aaaa'],
    runs: both,
    says: ['several fleets match', first, second],
  },
  {
    title: 'no name with two runs',
    argv: ['status'],
    runs: both,
    says: ['several fleets are deployed', first, second],
  },
  {
    title: 'destroy of a part of two ids',
    argv: ['destroy', 'aaaaaa', '--yes'],
    runs: both,
    says: ['several', first],
  },
  {
    title: 'deploy --resume of a part of two ids',
    argv: ['deploy', '--yes', '--resume', 'aaaa'],
    runs: both,
    says: ['several'],
  },
  {
    title: 'a run that is gone',
    argv: ['destroy', 'aaaaaaaa01', '--yes'],
    says: [
      'no fleet "aaaaaaaa01" is deployed in eu-west-1, account 123456789012',
      '--region',
      'whole fleet id',
    ],
  },
  ...['destroy', 'status', 'stop', 'logs', 'ui', 'follow', 'results', 'start'].map((command): WrongInput => ({
    title: `an empty name to ${command}`,
    argv: [command, '', ...(command === 'destroy' ? ['--yes'] : [])],
    runs: [first],
    exitCode: 2,
    says: ['fleet: found ""', 'loadwright list'],
  })),
  ...[
    ['run', '--on', ''],
    ['deploy', '--yes', '--resume', ' '],
  ].map((argv): WrongInput => ({
    title: `an empty name to ${argv.join(' ')}`,
    argv,
    runs: [first],
    exitCode: 2,
    says: ['fleet: found', 'loadwright list'],
  })),
  ...[
    ['deploy', '--resume', '--yes'],
    ['run', '--on', '--json'],
  ].map((argv): WrongInput => ({
    title: `${argv.join(' ')}, which takes a flag for the name`,
    argv,
    exitCode: 2,
    says: [`fleet: found "${argv.at(-1)}"`, 'loadwright list'],
  })),
  {
    title: 'an empty name to report',
    argv: ['report', ''],
    exitCode: 2,
    says: ['run: found ""', 'loadwright report --list'],
  },
  {
    title: 'destroy of a short name when nobody is asked',
    argv: ['destroy', '2', '--yes'],
    runs: [first],
    exitCode: 2,
    says: ['fleet: found "2"', '6 characters'],
  },
  {
    title: 'destroy without a name',
    argv: ['destroy'],
    exitCode: 2,
    says: ["missing required argument 'fleet'", 'loadwright list', 'loadwright destroy --help'],
  },
  { title: 'two runs to stop', argv: ['stop', 'a', 'b'], exitCode: 2, says: ['too many arguments'] },
  // Consent.
  {
    title: 'deploy without a terminal',
    argv: ['deploy'],
    exitCode: 2,
    says: ['no terminal', '--yes', 'loadwright plan'],
  },
  {
    title: 'deploy of a named fleet without a terminal',
    argv: ['deploy', '--workers', '3', '--name', 'lab', '--no-live'],
    exitCode: 2,
    says: [/loadwright plan --workers 3$/m],
  },
  {
    title: 'deploy of a kind that does not last, without a terminal',
    argv: ['deploy', '--fleet', 'local'],
    says: ['"local" ends with the command'],
  },
  {
    title: 'destroy without a terminal',
    argv: ['destroy', first],
    exitCode: 2,
    says: ['--yes', 'loadwright list'],
  },
  { title: 'gc without a terminal', argv: ['gc'], exitCode: 2, says: ['--yes', 'loadwright gc --dry-run'] },
  {
    title: 'destroy --json without --yes',
    argv: ['destroy', first, '--json'],
    exitCode: 2,
    says: ['--json', '--yes'],
  },
  // The load.
  {
    title: 'a load that is no duration',
    argv: ['start', first, '--duration', 'soon'],
    runs: [first],
    says: ['soon', '30s'],
  },
  { title: 'no users', argv: ['start', first, '--users', '0'], runs: [first], says: ['--users', '0', '1'] },
  {
    title: 'users and a rate',
    argv: ['start', first, '--arrival-rate', '50/s', '--users', '5'],
    runs: [first],
    says: ['--arrival-rate', '--users'],
  },
  {
    title: 'requests in flight without a rate',
    argv: ['start', first, '--max-in-flight', '50'],
    runs: [first],
    says: ['maxInFlight'],
  },
  {
    title: 'no requests in flight',
    argv: ['start', first, '--max-in-flight', '0'],
    runs: [first],
    says: ['--max-in-flight', '0'],
  },
  { title: 'workers for a load', argv: ['start', first, '--workers', '4'], exitCode: 2, says: ['--workers'] },
  // The policy.
  {
    title: 'an unknown format',
    argv: ['iam', 'policy', '--format', 'hcl'],
    exitCode: 2,
    says: ['hcl', 'cloudformation'],
  },
  {
    title: 'a role of a policy',
    argv: ['iam', 'policy', '--role-name', 'A'],
    exitCode: 2,
    says: ['--role-name', '--format cloudformation'],
  },
  {
    title: 'a name that IAM does not take',
    argv: ['iam', 'policy', '--format', 'cloudformation', '--role-name', 'a b'],
    exitCode: 2,
    says: ['--role-name', '"a b"', '64'],
  },
  {
    title: 'an account that is none',
    argv: ['iam', 'policy', '--account', '1234'],
    exitCode: 2,
    says: ['--account', '"1234"', '12 digits'],
  },
  {
    title: 'a template for a machine',
    argv: ['iam', 'policy', '--machine', '--format', 'cloudformation'],
    exitCode: 2,
    says: ['--format', '"cloudformation"', '--machine'],
  },
  // What a machine elsewhere cannot reach.
  {
    title: 'a plan with payloads that do not exist',
    argv: ['plan'],
    config: { target: { ...databricksConfig.target, payloads: './features.jsonl' } },
    says: ['./features.jsonl: there is no such file', 'Paths start from'],
  },
  {
    title: 'a plan for a target on this machine',
    argv: ['plan', '--fleet', 'ec2', '--region', 'eu-west-1'],
    says: ['http://127.0.0.1:9', 'this machine', '--fleet local'],
  },
  {
    title: 'an emulator on this machine, and machines elsewhere',
    argv: ['run', '--emulator', '--fleet', 'ec2', '--region', 'eu-west-1', '--json'],
    says: [/target: found http:\/\/127\.0\.0\.1:\d+.*, which is this machine/, 'leave --emulator out'],
  },
  {
    title: 'a region of another partition',
    argv: ['plan', '--fleet', 'ec2', '--region', 'cn-north-1'],
    says: ['"cn-north-1"', 'partition aws', 'China'],
  },
  // AWS itself.
  {
    title: 'an address where no AWS is',
    argv: ['list', '--fleet', 'ec2', '--region', 'eu-west-1'],
    environment: {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    },
    exitCode: 97,
    says: ['http://127.0.0.1:1', 'ECONNREFUSED', 'AWS_ENDPOINT_URL'],
  },
  {
    title: 'a profile that does not exist',
    argv: ['list', '--fleet', 'ec2', '--region', 'eu-west-1', '--profile', 'loadwright-absent'],
    says: ['[loadwright-absent]', 'aws configure list-profiles'],
  },
  {
    title: 'a flag of another kind of fleet',
    argv: ['plan', '--fleet', 'local', '--region', 'eu-west-1'],
    says: [
      /^error: fleet\.region: unknown option/m,
      /^hint: --region is for --fleet ec2 or --fleet ecs.*: name that, or leave it out/m,
    ],
  },
  {
    title: 'a flag that is wrong, named as it is written',
    argv: ['plan', '--fleet', 'ec2', '--region', 'mars'],
    says: [/^error: fleet\.region: found "mars"/m, '--region'],
  },
  {
    title: 'a setting of a command, whose help is named',
    argv: ['plan', '--workers', '0'],
    says: ['--workers', 'loadwright plan --help'],
  },
  {
    title: 'a profile of AWS where --profile is the shape of the load',
    argv: ['deploy', '--yes', '--profile', 'work'],
    says: ['"work"', 'AWS_PROFILE'],
  },
  {
    title: 'no region',
    argv: ['plan', '--fleet', 'ec2'],
    says: ['region: missing', 'AWS_REGION'],
  },
  {
    title: 'a region that is none',
    argv: ['list', '--fleet', 'ec2', '--region', 'Ireland'],
    says: ['region', 'eu-west-1'],
  },
];

describe('wrong inputs of the commands of fleets', () => {
  it.each(wrongInputs)(
    '$title',
    async ({ argv, config, file, environment, runs = [], exitCode = 104, says }) => {
      const cwd = await mkdtemp(join(tmpdir(), 'loadwright-wrong-'));
      const files = file === false ? [] : ['loadwright.config.json'];
      const content = { ...dhtConfig, fleet: { kind: 'double' }, ...config };
      for (const name of files) await writeFile(join(cwd, name), JSON.stringify(content));
      const fleets = new LastingFleetDouble();
      fleets.leftovers.push(...runs.map((fleetId) => leftover(fleetId)));
      const io = new TestIo({ cwd, ...(environment && { environment }) });
      const result = await fleets.run(argv, io);
      const { stderr } = result;
      expect({ exitCode: result.exitCode, stderr }).toEqual({ exitCode, stderr });
      for (const part of says) expect(stderr).toMatch(part);
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
      expect(stderr).toMatch(/^hint: /m);
      expect(stderr).not.toMatch(/^\s+at /m);
      if (!argv.includes('--json')) expect(result.stdout).toBe('');
      expect(await readdir(cwd)).toEqual(files);
      expect(fleets.leftovers).toHaveLength(runs.length);
    },
  );

  it('are at least thirty', () => {
    expect(wrongInputs.length).toBeGreaterThanOrEqual(30);
  });
});
