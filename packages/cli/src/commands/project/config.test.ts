import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databricksConfig, dhtConfig, project } from '../../../test/project.js';
import { makeReport, saveReport } from '../../../test/report-fixture.js';
import { run, TestIo } from '../../../test/support.js';

describe('loadwright config print', () => {
  it('tells the origin of every value', async () => {
    const io = await project(dhtConfig, { environment: { LOADWRIGHT_WORKERS: '8' } });
    const { exitCode, stdout } = await run(['config', 'print', '--users', '50'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/target\.protocol +"koorde" +file/);
    expect(stdout).toMatch(/target\.choice +"zipf" +default/);
    expect(stdout).toMatch(/workers +8 +environment LOADWRIGHT_WORKERS/);
    expect(stdout).toMatch(/load\.users +50 +flag --users/);
    expect(stdout).toMatch(/load\.duration +"10s" +file/);
  });

  it('gives the same as JSON', async () => {
    const { stdout } = await run(['config', 'print', '--json'], await project(dhtConfig));
    expect(JSON.parse(stdout)).toMatchObject({
      configuration: { workers: 2, fleet: { kind: 'local' } },
      values: expect.arrayContaining([{ path: 'load.users', value: 5, origin: 'file' }]),
    });
  });

  it('puts a threshold of a flag in the place of the one of the file for that metric', async () => {
    const argv = ['config', 'print', '--json', '--threshold', 'http_req_duration: p(99)<900'];
    const { stdout } = await run(argv, await project(dhtConfig));
    const { configuration, values } = JSON.parse(stdout);
    expect(configuration.thresholds).toEqual({
      http_req_failed: ['rate<0.01'],
      http_req_duration: ['p(99)<900'],
    });
    expect(values).toContainEqual({
      path: 'thresholds.http_req_duration',
      value: ['p(99)<900'],
      origin: 'flag --threshold',
    });
  });

  it('shows the type of each column of a CSV file whose rows become JSON', async () => {
    const payloads = { file: 'rows.csv', csvAs: 'json', csvTypes: { id: 'text' } };
    const config = { ...databricksConfig, target: { ...databricksConfig.target, payloads } };
    const io = await project(config);
    const missing = await run(['config', 'print'], io);
    expect(missing.stdout).toMatch(/CSV columns +"rows\.csv: there is no such file" +the file/);
    await writeFile(join(io.cwd, 'rows.csv'), 'id,amount\n7,1.5\n');
    const { exitCode, stdout } = await run(['config', 'print'], io);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/rows\.csv: id +"text" +csvTypes/);
    expect(stdout).toMatch(/rows\.csv: amount +"number" +found in the file/);
    const again = await run(['config', 'print', '--json'], new TestIo({ cwd: io.cwd }));
    expect(JSON.parse(again.stdout)).toMatchObject({
      csv: [{ file: 'rows.csv', columns: [{ name: 'id' }, { name: 'amount', type: 'number' }] }],
    });
  });

  it('tells where the workspace is from that the file does not name', async () => {
    const { baseUrl: _, ...target } = databricksConfig.target;
    const config = { ...databricksConfig, target };
    const environment = { DATABRICKS_HOST: 'dbc-1.cloud.databricks.com' };
    const { stdout, stderr } = await run(['config', 'print'], await project(config, { environment }));
    const url = 'https://dbc-1.cloud.databricks.com';
    expect(stdout).toMatch(new RegExp(`target\\.baseUrl +"${url}" +environment DATABRICKS_HOST`));
    const note = `note: target.baseUrl is ${url} (environment DATABRICKS_HOST)`;
    expect(stderr).toContain(note);
    const planned = await run(['plan'], await project(config, { environment }));
    expect(planned.stderr).toContain(note);
    const missing = await run(['plan'], await project(config, { environment: { HOME: '/nowhere' } }));
    expect(missing.stderr).toMatch(/target\.baseUrl: missing; set it to the URL of the workspace/);
    const emulated = await run(
      ['run', '--emulator', '--duration', '1x'],
      await project(config, { environment }),
    );
    expect(emulated.stderr).not.toContain('note: target.baseUrl');
  });

  it.each([
    [['report']],
    [['report', '--list']],
    [['compare', 'older', 'newer']],
    [['export', '--format', 'csv']],
    [['export', '--to', 'otlp=http://127.0.0.1:9']],
    [['baseline', 'list']],
    [['list', '--fleet', 'local']],
    [['iam', 'policy', '--fleet', 'ec2']],
  ])('says nothing of the workspace where nothing is sent to it: %j', async (argv) => {
    const { baseUrl: _, ...target } = databricksConfig.target;
    const environment = { DATABRICKS_HOST: 'dbc-1.cloud.databricks.com' };
    const io = await project({ ...databricksConfig, target }, { environment });
    await saveReport(join(io.cwd, 'results'), makeReport({ name: 'older' }));
    const { stderr, exitCode } = await run(argv, io);
    expect([0, 104]).toContain(exitCode);
    expect(stderr).not.toContain('target.baseUrl');
  });

  it('shows no secret', async () => {
    for (const argv of [
      ['config', 'print'],
      ['config', 'print', '--json'],
    ]) {
      const { stdout, stderr } = await run(argv, await project(databricksConfig));
      expect(stdout).toContain('[redacted]');
      expect(stdout + stderr).not.toContain('canary-token');
    }
  });
});

describe('loadwright config print, with exporters', () => {
  const exporters = [
    { kind: 'otlp', url: 'http://127.0.0.1:9', secretHeaders: { 'X-Key': 'A_KEY' } },
    { kind: 'influxdb', url: 'http://127.0.0.1:9', bucket: 'b' },
  ];
  const valuesOf = async (environment: Record<string, string>) => {
    const io = await project({ ...dhtConfig, exporters }, { environment });
    const { exitCode, stdout } = await run(['config', 'print', '--json'], io);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('canary');
    const { values } = JSON.parse(stdout) as { values: { path: string; value: unknown }[] };
    return values.filter(({ path }) => /^exporters\[/.test(path)).map(({ path, value }) => [path, value]);
  };

  it('tells which of their variables are not set', async () => {
    expect(await valuesOf({})).toEqual([
      ['exporters[0]: A_KEY', 'not set, and a run needs it'],
      ['exporters[1]: INFLUX_TOKEN', 'not set'],
    ]);
    expect(await valuesOf({ A_KEY: 'canary', INFLUX_TOKEN: 'canary' })).toEqual([
      ['exporters[0]: A_KEY', 'set'],
      ['exporters[1]: INFLUX_TOKEN', 'set'],
    ]);
  });

  it('while a run, dry or not, is refused and names the variable', async () => {
    for (const argv of [
      ['run', '--dry-run'],
      ['run', '--emulator'],
    ]) {
      const { exitCode, stderr } = await run(argv, await project({ ...dhtConfig, exporters }));
      expect(exitCode).toBe(104);
      expect(stderr).toContain('(otlp): the variable A_KEY is not set.');
    }
  });
});

describe('loadwright config schema', () => {
  it('prints a JSON Schema that knows the targets', async () => {
    const { exitCode, stdout } = await run(['config', 'schema']);
    expect(exitCode).toBe(0);
    const schema = JSON.parse(stdout);
    expect(schema.$schema).toContain('2020-12');
    expect(stdout).toContain('"sagemaker"');
  });
});
