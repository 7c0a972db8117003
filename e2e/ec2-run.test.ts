import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { busyMachineFlags } from '../packages/infra/test/busy-machine.js';
import { describeWhole } from '../packages/infra/test/matrix.js';
import { useEc2World } from './ec2-world.js';

const timeout = 120_000;

const world = useEc2World('sagemaker', {
  load: { users: 4, spawnRate: 4, duration: '4s', waitTime: '20ms' },
  thresholds: { http_req_failed: ['rate<0.01'], http_req_duration: ['p(95)<60000'] },
});

/** Others use the same machine: what is measured there is not what is tested. */
const run = ['run', '--no-live', ...busyMachineFlags];

/** A quota that was free when it was looked at. */
const overQuota = {
  at: 'ec2:RunInstances',
  times: Infinity,
  fault: { kind: 'error', code: 'VcpuLimitExceeded', status: 400 },
} as const;

beforeAll(() => world().restrict());

afterEach(() => {
  world().aws.withoutFaults();
  world().aws.behaviour.quotas = { onDemand: 256, spot: 256 };
  world().onMachine(() => {});
});

describe('loadwright run on EC2', () => {
  it(
    'makes a machine, measures with its role, judges, and leaves nothing but results',
    async () => {
      const { exitCode, stdout, stderr } = await world().command(run);
      expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout, stderr });
      expect(stdout).toContain('✓ PASS');
      expect(stdout).toMatch(
        /\n {2}cost +about \$0\.0\d+ \(an estimate: \S+ of \$0\.78 an hour\)\n {2}next /,
      );
      // A machine of 0.76, 100 GB of 0.073 a month, and an address of 0.005.
      const cost = 'the fleet costs $0.78 an hour; ends itself after 2h at the latest\n';
      expect(stdout).toContain(cost);
      expect(stdout.indexOf(cost)).toBeLessThan(stdout.indexOf('● provision'));
      const results = join(world().folder, 'results', 'sagemaker');
      const [runId = ''] = await readdir(results);
      expect(await readdir(join(results, runId))).toEqual(
        expect.arrayContaining([
          ...['bundle', 'config.resolved.json', 'report.html', 'summary.json', 'junit.xml'],
          ...['locust_stats.csv', 'locust_stats_history.csv', 'locust_failures.csv', 'locust_exceptions.csv'],
          'locust.html',
        ]),
      );
      // Of the machine, which is gone.
      expect(await readdir(join(results, runId, 'logs'))).toContain('master.log');
      const summary = await readFile(join(results, runId, 'summary.json'), 'utf8');
      const { total } = JSON.parse(summary) as RunReport;
      expect(total.count).toBeGreaterThan(10);
      // Every request was signed with keys that only the metadata service of the machine had given to the workers.
      const { served, rejected } = world().emulator.statistics();
      expect({ rejected, isServed: served >= total.count }).toEqual({ rejected: 0, isServed: true });
      const secretsSent = world()
        .aws.calls.filter(({ name }) => name === 'ssm:PutParameter')
        .map(({ parameters }) => String(parameters['Name']).replace(/^.*\/(master|worker)\//, '$1/'));
      expect(secretsSent.filter((name) => !name.endsWith('/machine/CERTIFICATE')).sort()).toEqual([
        'master/LOADWRIGHT_UI_PASSWORD',
        'master/LOADWRIGHT_UI_USERNAME',
      ]);
      // Three of the role, and the password of the web UI.
      expect(world().secrets.size).toBe(4);
      await world().expectNothingLeft();
    },
    timeout,
  );
});

describeWhole('loadwright run on EC2 that does not succeed', () => {
  it(
    'stopped while the machine is made ends with 105, and leaves nothing',
    async () => {
      const io = world().io();
      // EC2 has made it, and has not answered yet.
      world().onMachine(() => io.signal('SIGINT'));
      const { exitCode, stdout, stderr } = await world().command(run, io);
      expect({ exitCode, stderr }).toEqual({ exitCode: 105, stderr });
      expect(stdout).toContain('stopping (SIGINT)');
      expect(stdout).toContain('0 resources left, verified');
      await world().expectNothingLeft();
    },
    timeout,
  );

  it('of which the quota is known to be too small ends with 104, warns before, and begins nothing', async () => {
    world().aws.behaviour.quotas = { onDemand: 5, spot: 5 };
    const from = world().aws.calls.length;
    const { exitCode, stdout, stderr } = await world().command(run);
    expect({ exitCode, stderr }).toEqual({ exitCode: 104, stderr });
    expect(stdout).toContain('! The quota does not suffice.');
    expect(stderr).toMatch(/^error: fleet\.instanceType: [^]*^hint: Ask for at least /m);
    const made = world()
      .aws.calls.slice(from)
      .filter(({ name }) => /:(Create|Put|Run)/.test(name));
    expect(made).toEqual([]);
  });

  it('that a quota ends half-way ends with 97, says it in one message, and leaves nothing', async () => {
    world().aws.inject(overQuota);
    const { exitCode, stdout, stderr } = await world().command(run);
    expect({ exitCode, stderr }).toEqual({ exitCode: 97, stderr });
    expect(stdout).toContain('0 resources left, verified');
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/^error: .*vCPU/);
    expect(stderr).toMatch(/^hint: Raise it/m);
    await world().expectNothingLeft();
  });

  it('that cannot clean up ends with 98, the list, and the command that finishes it', async () => {
    world().aws.inject(overQuota);
    world().aws.inject({ at: 'iam:DeleteRole', times: Infinity, fault: { kind: 'denied' } });
    const { exitCode, stdout, stderr } = await world().command(run);
    expect({ exitCode, stderr }).toEqual({ exitCode: 98, stderr });
    expect(stdout).not.toContain('verified');
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(stderr).toMatch(/vCPU/);
    const [, fleetId = ''] = /role loadwright-ec2-(\S+?)(?:-end)?[:,\s]/.exec(stderr) ?? [];
    expect(stderr).toContain(`hint: Remove it.\nnext: loadwright destroy ${fleetId}\n`);
    const left = (await world().aws.inventory()).filter((one) => !world().before.includes(one));
    const role = `iam:role/loadwright-ec2-${fleetId}`;
    expect(left.sort()).toEqual([role, `${role}-end`]);
    world().aws.withoutFaults();
    expect(await world().document(['destroy', fleetId, '--yes'])).toMatchObject({ remaining: [] });
    await world().expectNothingLeft();
  });
});
