import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { LoadwrightError, type FleetHandle, type FleetNode } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LastingFleetDouble, leftover } from './lasting-fleet.js';
import { dhtConfig, project } from './project.js';
import { TestIo } from './support.js';

const orphan = '20261122-090000-aaaaaaaa01';
const expired = '20261122-100000-bbbbbbbb02';
const busy = '20261122-110000-cccccccc03';

const config = { ...dhtConfig, fleet: { kind: 'double', size: 'large' } };

async function setUp(options: Parameters<typeof project>[1] = {}) {
  const fleets = new LastingFleetDouble();
  fleets.leftovers.push(leftover(orphan), leftover(expired, 'expired'), leftover(busy, 'running'));
  const io = await project(config, options);
  return { fleets, io };
}

/** Answers the question of a command that waits for one. */
function answer(io: TestIo, key: 'y' | 'n'): void {
  Object.assign(io.stdin, { isTTY: true, setRawMode: () => io.stdin });
  io.stdout.on('written', () => {
    if (io.stdout.text.includes('?')) io.stdin.push(key);
  });
}

describe('loadwright gc', () => {
  it('shows with --dry-run what was left behind, and leaves it', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout } = await fleets.run(['gc', '--dry-run'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`security group loadwright-${orphan}`);
    expect(stdout).toMatch(new RegExp(`${expired} +expired +25h`));
    expect(stdout).not.toContain(busy);
    expect(fleets.leftovers).toHaveLength(3);
  });

  it('removes what is over, and not what runs', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout } = await fleets.run(['gc', '--yes', '--json'], io);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ fleets: [orphan, expired], remaining: [] });
    expect(fleets.leftovers.map(({ fleetId }) => fleetId)).toEqual([busy]);
  });

  it('names young runs without a machine, and leaves them alone', async () => {
    const { fleets, io } = await setUp();
    fleets.leftovers.splice(0, 3, leftover(orphan, 'incomplete'));
    const { exitCode, stdout } = await fleets.run(['gc', '--yes'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`1 fleet has no machine, and may be about to get one: ${orphan}`);
    expect(stdout).toContain('loadwright destroy <fleet>');
    expect(fleets.leftovers).toHaveLength(1);
  });

  it('goes on when one of them cannot be removed, and names it', async () => {
    const { fleets, io } = await setUp();
    const errors = [new LoadwrightError('CONFIG_INVALID', 'It is elsewhere.')];
    fleets.whileRemoving = async () => {
      const error = errors.pop();
      if (error) throw error;
    };
    const { exitCode, stderr } = await fleets.run(['gc', '--yes'], io);
    expect(exitCode).toBe(98);
    expect(stderr).toContain(`everything of fleet ${orphan}: It is elsewhere.`);
    expect(fleets.leftovers.map(({ fleetId }) => fleetId)).toEqual([orphan, busy]);
  });

  it('has nothing to do when nothing was left behind', async () => {
    const { exitCode, stdout } = await new LastingFleetDouble().run(['gc', '--yes'], await project(config));
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'No expired or orphaned fleet in eu-west-1, account 123456789012.\n',
    });
  });
});

describe('loadwright destroy', () => {
  it('ends with 98 and the list when something is left', async () => {
    const { fleets, io } = await setUp();
    fleets.remaining = ['security group sg-1: it is in use'];
    const { exitCode, stdout, stderr } = await fleets.run(['destroy', orphan, '--yes', '--json'], io);
    expect(exitCode).toBe(98);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'RESOURCES_REMAIN', exitCode: 98 } });
    expect(stderr).toContain('security group sg-1: it is in use');
    expect(stderr).toContain(`loadwright destroy ${orphan}`);
  });

  it('names what it removes once before it asks, and its progress in the same place', async () => {
    const { fleets, io } = await setUp();
    const { stdout, stderr } = await fleets.run(['destroy', orphan, '--yes'], io);
    expect(stderr).toBe('');
    expect(stdout).toContain(`removing ${orphan}`);
    expect(stdout.split(`role loadwright-${orphan}`)).toHaveLength(2);
  });

  it('stopped before it removes anything ends with 105', async () => {
    const { fleets, io } = await setUp();
    fleets.whileLooking = () => {
      io.signal('SIGINT');
      return new Promise(() => {});
    };
    const { exitCode, stderr } = await fleets.run(['destroy', 'aaaaaaaa01', '--yes'], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
  });

  it.each([
    ['once', (io: TestIo) => io.signal('SIGINT')],
    [
      'twice',
      (io: TestIo) => {
        io.signal('SIGINT');
        io.now = () => Date.now() + 1000;
        io.signal('SIGINT');
        return new Promise<void>(() => {});
      },
    ],
  ])('stopped %s in the middle ends with 98, and names the run', async (_times, stop) => {
    const { fleets, io } = await setUp();
    fleets.whileRemoving = async (signal) => {
      await stop(io);
      signal?.throwIfAborted();
    };
    const { exitCode, stderr } = await fleets.run(['destroy', orphan, '--yes'], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 98, stderr });
    expect(stderr).toContain(`${orphan} may remain`);
    expect(stderr).toContain(`loadwright destroy ${orphan}`);
  });

  it.each([
    ['y', 0, 2],
    ['n', 105, 3],
  ] as const)('asks on a terminal; to "%s" it answers %d', async (key, expected, left) => {
    const { fleets, io } = await setUp({ terminal: true });
    answer(io, key);
    const { exitCode, stdout } = await fleets.run(['destroy', 'aaaaaaaa01'], io);
    expect(exitCode).toBe(expected);
    expect(stdout).toContain(`role loadwright-${orphan}`);
    expect(fleets.leftovers).toHaveLength(left);
  });
});

describe('loadwright list', () => {
  it('says where nothing stands', async () => {
    const { stdout } = await new LastingFleetDouble().run(['list'], await project(config));
    expect(stdout).toBe('No fleet is deployed in eu-west-1, account 123456789012.\n');
  });

  it('tells the owner where it is somebody else, and that a cost is a lower bound', async () => {
    const { fleets, io } = await setUp();
    const own = { ...leftover(orphan, 'stopped'), owner: 'arn:aws:iam::123456789012:user/alice' };
    fleets.leftovers.splice(0, 3, own);
    expect((await fleets.run(['list'], io)).stdout).not.toContain('alice');
    const again = await setUp();
    const other = { owner: 'arn:aws:iam::123456789012:user/bob', costUsDollars: 0.5, isCostIncomplete: true };
    again.fleets.leftovers.splice(0, 3, { ...own, ...other });
    const { stdout } = await again.fleets.run(['list'], again.io);
    expect(stdout).toMatch(/stopped .* at least \$0\.50 +user\/bob$/m);
  });
});

describe('loadwright status', () => {
  it('tells what is known of a run without a machine', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout } = await fleets.run(['status', 'aaaa'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${orphan} orphaned`);
    expect(stdout).toContain(`There is no machine of run ${orphan}.`);
  });
});

describe('loadwright plan', () => {
  it('tells resources, price and permissions', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout } = await fleets.run(['plan', '--duration', '1h', '--fleet', 'double'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Would be made for 2 workers\n');
    expect(stdout).toContain('  2 workers in containers');
    expect(stdout).toMatch(/as a policy: loadwright iam policy --fleet double$/m);
    expect(stdout).toContain(
      'Price $3.60 an hour, $3.60 for 1h of load, at most $7.20 until the machine ends itself (2h)\n  source: a table of the test',
    );
    expect(stdout).toContain('  ec2:CreateTags, ec2:RunInstances, ec2:TerminateInstances');
    expect(stdout).toContain('! everybody may come in\n· the quota leaves room for 1 more\n');
  });

  it.each([['plan'], ['run', '--dry-run'], ['destroy', 'nobody', '--yes'], ['doctor']])(
    'and what %s says, is broken between words on a terminal',
    async (...argv) => {
      const { fleets, io } = await setUp({ terminal: true, columns: 44 });
      const { stdout, stderr } = await fleets.run(argv, io);
      const lines = stripVTControlCharacters(stdout + stderr).split('\n');
      const [configuration] = [lines.indexOf('Configuration')];
      const prose = configuration < 0 ? lines : lines.slice(0, configuration);
      expect(prose.filter((line) => line.length > 44 && line.trim().includes(' '))).toEqual([]);
    },
  );

  it('is one JSON document', async () => {
    const { fleets, io } = await setUp();
    const { stdout } = await fleets.run(['plan', '--json'], io);
    expect(JSON.parse(stdout)).toMatchObject({
      fleet: 'double',
      plan: { pricePerHour: { usDollars: 3.6 } },
      test: { workers: 2, durationSeconds: 10, usDollars: 0.01, usDollarsToTheEnd: 7.2 },
    });
  });

  it('tells what a flag that names another model of load replaces', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout, stderr } = await fleets.run(['plan', '--arrival-rate', '50/s', '--json'], io);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'note: --arrival-rate overrides load.users\n',
    });
    expect(JSON.parse(stdout)).toMatchObject({ test: { durationSeconds: 10 } });
  });

  it('says that a price is not complete', async () => {
    const { fleets, io } = await setUp();
    fleets.isPriceIncomplete = true;
    const { stdout } = await fleets.run(['plan', '--duration', '30m'], io);
    expect(stdout).toContain(
      'Price not known (at least $3.60 an hour, at least $1.80 for 30m of load, at least $7.20 until the machine ends itself (2h))\n',
    );
  });

  it('is what a dry run shows, too', async () => {
    const { fleets, io } = await setUp();
    const plan = await fleets.run(['plan'], io);
    const again = await setUp();
    const { stdout } = await again.fleets.run(['run', '--dry-run'], again.io);
    const withoutRunId = (text: string) => text.replace(/\d{8}-\d{6}-[0-9a-f]{10}/g, 'the run');
    expect(withoutRunId(stdout)).toContain(withoutRunId(plan.stdout.trimEnd()));
    expect(stdout).toMatch(/^ {2}workers: 2$/m);
    expect(stdout).toMatch(/^ {2}fleet:\n {4}kind: double\n {4}size: large$/m);
  });
});

describe('the fleet of a command', () => {
  it.each([
    [['list'], { size: 'large' }],
    [
      ['list', '--region', 'eu-west-1', '--profile', 'work'],
      { size: 'large', region: 'eu-west-1', profile: 'work' },
    ],
    [['list', '--fleet', 'double', '--region', 'eu-west-1'], { region: 'eu-west-1' }],
    [['plan', '--fleet', 'double', '--region', 'eu-west-1'], { size: 'large', region: 'eu-west-1' }],
  ])('%j is made with %j', async (argv, options) => {
    const { fleets, io } = await setUp();
    expect((await fleets.run(argv, io)).exitCode).toBe(0);
    expect(fleets.options).toEqual([{ environment: io.environment, ...options }]);
  });
});

describe('loadwright iam policy', () => {
  it.each([
    ['sagemaker', 'What the load needs.', ['sagemaker:InvokeEndpoint']],
    ['dht', 'The load needs no permissions.', []],
  ])('prints for a load from this machine what %s needs', async (kind, note, actions) => {
    const targets = {
      dht: dhtConfig.target,
      sagemaker: { kind, endpointName: 'fraud', region: 'eu-west-1', payloads: { inline: [{}] } },
    };
    const io = await project({ ...dhtConfig, target: targets[kind as keyof typeof targets] });
    const { exitCode, stdout, stderr } = await new LastingFleetDouble().run(['iam', 'policy'], io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining(note) as string });
    const { Statement } = JSON.parse(stdout) as { Statement: { Action: string[] }[] };
    expect(Statement.flatMap(({ Action }) => Action)).toEqual(actions);
  });

  it('prints the permissions that the fleet needs, and on stderr what should be known of them', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout, stderr } = await fleets.run(['iam', 'policy'], io);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      Version: '2012-10-17',
      Statement: [{ Action: ['ec2:RunInstances', 'ec2:CreateTags'] }, { Action: ['ec2:TerminateInstances'] }],
    });
    expect(stderr).toBe('Nobody tells the account.\n');
  });

  it('refuses an owner that is none', async () => {
    const argv = ['iam', 'policy', '--fleet', 'double', '--account', '123456789012', '--owner', '../bob'];
    const { exitCode, stderr } = await new LastingFleetDouble().run(argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--owner: found "../bob", expected 1 to 16 lower-case letters');
  });

  it('needs no configuration file', async () => {
    const argv = ['iam', 'policy', '--fleet', 'double', '--account', '123456789012'];
    const { exitCode, stdout, stderr } = await new LastingFleetDouble().run(argv);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^What the target needs is not among them, because no configuration names it: /);
    expect(JSON.parse(stdout)).toMatchObject({ Version: '2012-10-17' });
  });

  it.each([
    ['whoever deploys', [], 'ec2:RunInstances'],
    ['the machine', ['--machine'], 's3:GetObject'],
  ] as const)('holds what the target needs, of %s', async (_whom, flags, action) => {
    const target = {
      kind: 'sagemaker',
      endpointName: 'fraud',
      region: 'eu-west-1',
      payloads: { inline: [{ a: 1 }] },
    };
    const io = await project({ ...config, target });
    const argv = ['iam', 'policy', '--account', '123456789012', ...flags];
    const { exitCode, stdout, stderr } = await new LastingFleetDouble().run(argv, io);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { Statement } = JSON.parse(stdout) as { Statement: { Action: string[] }[] };
    expect(Statement[0]?.Action).toContain(action);
    expect(Statement.at(-1)?.Action).toEqual(['sagemaker:InvokeEndpoint']);
  });

  it('prints the permissions boundary, and on stderr the command that creates it', async () => {
    const { fleets, io } = await setUp();
    const { exitCode, stdout, stderr } = await fleets.run(['iam', 'policy', '--boundary'], io);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ Statement: [{ Action: ['s3:GetObject'] }] });
    expect(stderr).toContain('aws iam create-policy --policy-name loadwright-boundary --path /loadwright/ ');
  });

  it('prints a template whose role one principal may take on, not everybody of the account', async () => {
    const { fleets, io } = await setUp();
    const { stdout } = await fleets.run(['iam', 'policy', '--format', 'cloudformation'], io);
    expect(stdout).not.toContain(':root');
    expect(parse(stdout)).toMatchObject({
      Parameters: {
        PrincipalArn: expect.not.objectContaining({ Default: expect.anything() as string }) as object,
      },
      Resources: {
        LoadwrightBoundary: {
          Properties: { ManagedPolicyName: 'loadwright-boundary', Path: '/loadwright/' },
        },
        LoadwrightRole: {
          Properties: {
            AssumeRolePolicyDocument: { Statement: [{ Principal: { AWS: { Ref: 'PrincipalArn' } } }] },
          },
        },
      },
    });
  });

  it('prints a template of a role as YAML, or as JSON', async () => {
    const argv = ['iam', 'policy', '--format', 'cloudformation', '--role-name', 'LoadTester'];
    const { fleets, io } = await setUp();
    const { stdout } = await fleets.run(argv, io);
    expect(stdout).toMatch(/^AWSTemplateFormatVersion: "2010-09-09"\n/);
    const template: unknown = parse(stdout);
    expect(template).toMatchObject({
      Resources: {
        LoadwrightRole: {
          Type: 'AWS::IAM::Role',
          Properties: { RoleName: 'LoadTester', Policies: [{ PolicyDocument: { Version: '2012-10-17' } }] },
        },
      },
    });
    const again = await setUp();
    expect(JSON.parse((await again.fleets.run([...argv, '--json'], again.io)).stdout)).toEqual(template);
  });
});

describe('loadwright doctor', () => {
  it('tells all that the account lacks', async () => {
    const { fleets, io } = await setUp();
    fleets.findings = [
      { subject: 'quota', state: 'problem', detail: '5 vCPUs, 16 needed', remedy: 'ask for more' },
      { subject: 'subnet', state: 'problem', detail: 'no route to the internet', remedy: 'name another' },
    ];
    const { exitCode, stdout } = await fleets.run(['doctor', '--json'], io);
    expect(exitCode).toBe(104);
    const { findings } = JSON.parse(stdout) as { findings: unknown[] };
    expect(findings).toEqual(expect.arrayContaining([...fleets.findings]));
  });

  it('says what it could not look at, and is not simply ready then', async () => {
    const { fleets, io } = await setUp();
    fleets.findings = [{ subject: 'quota', state: 'unknown', detail: 'A permission is missing' }];
    const { exitCode, stdout } = await fleets.run(['doctor'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('? quota: A permission is missing\n');
    expect(stdout).toMatch(/\nNo problem was seen\. Could not be looked at: quota\.\n$/);
  });

  it.each([[['wokers']], [[]]])(
    'looks at the account that flags name, with and without a file %j',
    async (wrong) => {
      const fleets = new LastingFleetDouble();
      const io = wrong.length > 0 ? await project({ ...dhtConfig, wokers: 1 }) : new TestIo();
      const argv = ['doctor', '--fleet', 'double', '--region', 'eu-west-1', '--profile', 'work'];
      const { stdout } = await fleets.run(argv, io);
      expect(stdout).toContain('account: 123456789012');
      expect(fleets.options).toMatchObject([{ region: 'eu-west-1', profile: 'work' }]);
    },
  );
});

describe('loadwright ui --hold', () => {
  /** A fleet of which the way to the web UI ends at some time. */
  async function forwarded() {
    const { fleets, io } = await setUp();
    const master: FleetNode = { name: 'master', role: 'master', state: 'running' };
    const handle: FleetHandle = {
      fleetId: busy,
      masterUrl: 'http://127.0.0.1:1',
      isForwarded: true,
      login: { username: 'loadwright', password: 'a password' },
      expectedWorkers: 1,
      secrets: [],
      status: async () => [master],
      logs: async function* () {},
      destroy: async () => ({ removed: [], remaining: [] }),
    };
    fleets.leftovers.pop();
    fleets.handles.set(busy, handle);
    const ended = fleets.run(['ui', busy, '--hold'], io);
    while (!io.stderr.text.includes('press Ctrl-C')) await once(io.stderr, 'written');
    return { io, master, ended };
  }

  it('stays until Ctrl-C', async () => {
    const { io, ended } = await forwarded();
    io.signal('SIGINT');
    expect((await ended).exitCode).toBe(0);
  });

  it('ends when the address leads nowhere any more', async () => {
    const { master, ended } = await forwarded();
    Object.assign(master, { state: 'failed', reason: 'the session ended' });
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(97);
    expect(stderr).toContain('http://127.0.0.1:1 leads nowhere any more: the session ended');
    expect(stderr).toContain(`loadwright ui ${busy} --hold`);
  });
});
