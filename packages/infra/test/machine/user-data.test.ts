import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takenPorts, userData } from '../../src/ec2/machine/user-data.js';
import { readUserData, settings } from './settings.js';
import { itWith, runTool } from './tools.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const scratchFile = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

type Volume = Readonly<Record<string, unknown>>;

const certificate = 'machine/CERTIFICATE';

describe('userData', () => {
  itWith('cloud-init')('is what cloud-init understands', async () => {
    const { text } = readUserData();
    const { exitCode, output } = await runTool('cloud-init', 'cloud-init', [
      ...['schema', '--config-file', scratchFile('user-data', text)],
    ]);
    expect(output).toContain('Valid cloud-config');
    expect(exitCode).toBe(0);
    // cloud-init's schema takes keys that it does not know.
    expect(text.split('\n')[0]).toBe('#cloud-config');
    expect(Object.keys(readUserData().config)).toEqual(['bootcmd', 'write_files', 'runcmd']);
  });

  itWith('cloud-init')('cloud-init would refuse it if it were wrong', async () => {
    const wrong = scratchFile('wrong', '#cloud-config\nruncmd: 7\n');
    expect((await runTool('cloud-init', 'cloud-init', ['schema', '--config-file', wrong])).exitCode).not.toBe(
      0,
    );
  });

  it('arms what ends the machine before anything else', () => {
    const { config } = readUserData();
    expect(config.runcmd[0]?.join(' ')).toContain('systemctl enable --now loadwright-expiry.timer');
    const names = config.write_files.map(({ path }) => path.replace('/etc/systemd/system/loadwright', '~'));
    expect(names.slice(0, 7)).toEqual([
      ...['~-expiry.service', '~-expiry.timer', '~-expiry.timer.d/time.conf'],
      ...['~-silence.timer', '~-heartbeat.timer', '~-heartbeat.service', '~.service'],
    ]);
  });

  it('tells the scripts what they need in one file, which holds no secret', () => {
    const told = JSON.parse(readUserData().content('/opt/loadwright/settings.json')) as object;
    expect(told).toEqual({
      ...settings,
      expiresAt: '2099-11-23T13:05:07.250Z',
      scheme: 'http',
      image: expect.stringMatching(/^locustio\/locust:\d+\.\d+\.\d+$/),
    });
  });

  it('writes files that only root can change', () => {
    for (const { owner, permissions } of readUserData().config.write_files) {
      expect({ owner, permissions }).toEqual({ owner: 'root:root', permissions: '0644' });
    }
  });

  itWith('shellcheck')('has a script that shellcheck accepts', async () => {
    const { content } = readUserData();
    const script = scratchFile('prepare.sh', content('/opt/loadwright/prepare.sh'));
    expect(await runTool('shellcheck', 'shellcheck', [script])).toEqual({
      exitCode: 0,
      output: '',
    });
  });

  it('has scripts that Python accepts', async () => {
    const { content } = readUserData({ certificate });
    for (const name of [
      'fetch.py',
      'forget.py',
      'aws_requests.py',
      'answers.py',
      'web_ui.py',
      'certificate.py',
    ]) {
      const path = scratchFile(name, content(`/opt/loadwright/${name}`));
      expect(await runTool('python3', 'python3', ['-m', 'py_compile', path])).toEqual({
        exitCode: 0,
        output: '',
      });
    }
  });

  it('runs master and workers in the image that the options name', () => {
    const named = `registry.example:5000/locust@sha256:${'a'.repeat(64)}`;
    const { content } = readUserData({ containerImage: named });
    const { services } = parse(content('/opt/loadwright/machine.yml')) as {
      services: Record<'master' | 'worker', { image: string }>;
    };
    expect([services.master.image, services.worker.image]).toEqual([named, named]);
    expect(JSON.parse(content('/opt/loadwright/settings.json'))).toMatchObject({ image: named });
    expect(readUserData().content('/opt/loadwright/machine.yml')).not.toContain('image');
  });

  it('encrypts the web UI with what is in memory, and with nothing where nobody wants it', () => {
    const { content } = readUserData({ certificate });
    const services = (text: string) =>
      (parse(text) as { services: Record<'master' | 'worker', { command: string; volumes: Volume[] }> })
        .services;
    const { master, worker } = services(content('/opt/loadwright/machine.yml'));
    const [key, pem] = ['/run/loadwright/key.pem', '/run/loadwright/certificate.pem'];
    expect(master.command).toContain(`--tls-cert ${pem} --tls-key ${key}`);
    expect(master.volumes.slice(1)).toEqual(
      [key, pem].map((path) => ({
        type: 'bind',
        source: path,
        target: path,
        read_only: true,
        bind: { create_host_path: false },
      })),
    );
    expect(worker.volumes).toHaveLength(1);
    expect(readUserData().content('/opt/loadwright/machine.yml')).not.toContain('.pem');
  });

  it('is the same for the same settings, and far below the limit', () => {
    expect(userData(settings)).toEqual(userData(settings));
    expect(userData({ ...settings, certificate }).length).toBeLessThan(10_240);
  });

  it('refuses what EC2 would refuse', () => {
    const parameters = Array.from({ length: 3000 }, (_, index) => `worker/VARIABLE_${(index * 7919) ** 3}`);
    expect(() => userData({ ...settings, parameters })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^The user data of the machine has \d{5} bytes; EC2 takes 16384\.$/),
      }),
    );
  });

  it.each(takenPorts)('refuses port %d, which the machine uses', (uiPort) => {
    expect(() => userData({ ...settings, uiPort })).toThrow(
      `uiPort is ${uiPort}, which the machine itself uses`,
    );
  });
});
