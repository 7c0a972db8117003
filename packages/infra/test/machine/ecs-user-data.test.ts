import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userData, type EcsMachineSettings } from '../../src/ecs/machine/user-data.js';
import { MachineRoot } from './root.js';
import { readUserData, type WrittenFile } from './settings.js';
import { itWith, runTool } from './tools.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const common = {
  fleetId: '20261123-110134-0123456789',
  cluster: 'loadwright-ecs-20261123-110134-0123456789',
  uiPort: 8089,
  expiresAt: new Date('2099-11-23T13:05:07.250Z'),
};
const forgets = {
  region: 'eu-west-1',
  parameterPrefix: '/loadwright/ecs/20261123-110134-0123456789',
  parameters: ['master/LOADWRIGHT_UI_PASSWORD', 'worker/DATABRICKS_TOKEN', 'fleet/LOADWRIGHT_FLEET_TOKEN'],
};

const machines: Readonly<Record<string, EcsMachineSettings>> = {
  'the master': { ...common, role: 'master', part: 'master', spot: false, forgets },
  'the master with an encrypted web UI': {
    ...{
      ...common,
      role: 'master',
      part: 'master',
      spot: false,
      forgets,
      certificate: 'machine/CERTIFICATE',
    },
  },
  'a worker': { ...common, role: 'worker', part: 'worker-3', spot: false },
  'a spot worker in a cluster of the user': {
    ...{ ...common, role: 'worker', part: 'worker-12', spot: true, cluster: 'theirs' },
  },
};

function read(settings: EcsMachineSettings) {
  const text = gunzipSync(userData(settings)).toString();
  const config = parse(text) as { bootcmd: string[][]; write_files: WrittenFile[]; runcmd: string[][] };
  return {
    text,
    config,
    content: (path: string) => config.write_files.find((one) => one.path === path)?.content,
  };
}

/** What a shell is given, of the commands of a machine. */
const scriptsOf = ({ bootcmd, runcmd }: { bootcmd: string[][]; runcmd: string[][] }) =>
  [...bootcmd, ...runcmd].flatMap(([program, flag, script = '']) =>
    program === 'sh' && flag === '-c' ? [script] : [],
  );

const scratchFile = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

describe.each(Object.entries(machines))('the user data of %s on ECS', (_, settings) => {
  itWith('cloud-init')('is what cloud-init understands', async () => {
    const { text, config } = read(settings);
    const { exitCode, output } = await runTool('cloud-init', 'cloud-init', [
      ...['schema', '--config-file', scratchFile('user-data', text)],
    ]);
    expect(output).toContain('Valid cloud-config');
    expect(exitCode).toBe(0);
    // cloud-init's schema takes keys that it does not know.
    expect(text.split('\n')[0]).toBe('#cloud-config');
    expect(Object.keys(config)).toEqual(['bootcmd', 'write_files', 'runcmd']);
  });

  itWith('shellcheck')('has commands that shellcheck accepts', async () => {
    const scripts = scriptsOf(read(settings).config);
    expect(scripts.length).toBeGreaterThan(2);
    for (const script of scripts) {
      const path = scratchFile('script.sh', `${script}\n`);
      expect(await runTool('shellcheck', 'shellcheck', ['--shell=sh', path])).toEqual({
        exitCode: 0,
        output: '',
      });
    }
  });

  it('has scripts that Python 3.9 of Amazon Linux accepts', async () => {
    const files = read(settings).config.write_files.filter(({ path }) => path.endsWith('.py'));
    expect(files.map(({ path }) => path.split('/').pop())).toContain('answers.py');
    for (const { content } of files) {
      const check = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))';
      const path = scratchFile('script.py', content);
      expect(await runTool('python3', 'python3', ['-c', check, path])).toEqual({ exitCode: 0, output: '' });
    }
  });

  it('arms what ends the machine first, is the same each time, and far below the limit', () => {
    const { config } = read(settings);
    expect(config.runcmd[0]?.join(' ')).toContain('systemctl enable --now loadwright-expiry.timer');
    expect(config.write_files[0]?.path).toBe('/etc/systemd/system/loadwright-expiry.service');
    expect(userData(settings)).toEqual(userData(settings));
    expect(userData(settings).length).toBeLessThan(10_240);
  });

  it('makes a certificate before the agent starts, and asks by it, where the web UI is encrypted', () => {
    const { content, config } = read(settings);
    const unit = content('/etc/systemd/system/loadwright-certificate.service');
    const isEncrypted = settings.certificate !== undefined;
    expect(unit?.includes('\nBefore=ecs.service\n') ?? false).toBe(isEncrypted);
    expect(content('/opt/loadwright/certificate.py') !== undefined).toBe(isEncrypted);
    expect(config.runcmd.join('\n').includes('enable,--now,loadwright-certificate.service')).toBe(
      isEncrypted,
    );
    expect(JSON.parse(content('/opt/loadwright/settings.json') ?? '')).toMatchObject({
      scheme: isEncrypted ? 'https' : 'http',
      ...(isEncrypted && { certificate: 'machine/CERTIFICATE', expiresAt: '2099-11-23T13:05:07.250Z' }),
    });
  });

  itWith('systemd-analyze')('has units that systemd accepts, with no complaint', async () => {
    const root = new MachineRoot(folder);
    const units = read(settings).config.write_files.filter(({ path }) => path.startsWith('/etc/systemd/'));
    for (const { path, content } of units) root.write(path, content);
    const names = units
      .map(({ path }) => path.split('/').pop() ?? '')
      .filter((name) => /\.(service|timer)$/.test(name));
    expect(await root.verifyUnits(...names)).toEqual({ exitCode: 0, complaints: [] });
  });

  it('has the master alone remove the secrets at its end, by their names', () => {
    const { content } = read(settings);
    const told = JSON.parse(content('/opt/loadwright/settings.json') ?? '') as object;
    expect(content('/opt/loadwright/forget.py') !== undefined).toBe(settings.role === 'master');
    if (settings.role === 'master') expect(told).toMatchObject(forgets);
    else expect(told).not.toHaveProperty('parameters');
  });
});

itWith('shellcheck')(
  'shellcheck accepts the commands of a machine on EC2, and would refuse wrong ones',
  async () => {
    for (const script of [...scriptsOf(readUserData().config), 'for']) {
      const path = scratchFile('script.sh', `${script}\n`);
      const { exitCode } = await runTool('shellcheck', 'shellcheck', ['--shell=sh', path]);
      expect([script, exitCode]).toEqual([script, script === 'for' ? 1 : 0]);
    }
  },
);
