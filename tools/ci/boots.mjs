import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { root } from '../lib/paths.mjs';
import { ensureCommands, removeControlGroups } from './machine.mjs';
import { until } from './until.mjs';

const armed = '/var/lib/systemd/armed';
const off = '/var/lib/systemd/off';

/** In place of what systemd brings up on a real machine. */
const bareUnits = {
  'sysinit.target': '',
  'basic.target': '',
  'shutdown.target': '',
  'timers.target': '',
  'boot.target': 'Wants=timers.target first-boot.service',
  'first-boot.service': `ConditionPathExists=!${armed}\n[Service]\nType=oneshot\nExecStart=sh -e /opt/first-boot`,
  // As far as "systemctl poweroff" gets.
  'poweroff.target': 'Requires=off.service',
  'off.service': `[Service]\nType=oneshot\nExecStart=touch ${off}`,
};

/**
 * Boots a real systemd with the units of a machine's user data. A machine ends when its web UI has been silent for too
 * long, and not before; and when its time was over while it was stopped.
 */
export async function checkBoots() {
  await ensureCommands({ '/lib/systemd/systemd': 'systemd', unshare: 'util-linux' });
  await withDisk(async (disk) => {
    const ui = await startUi();
    await disk.write({ uiPort: ui.port, expiresAt: new Date(Date.now() + 3_600_000) });
    // 30 minutes, and a minute, would be too long here.
    disk.change('loadwright-silence.timer', '[Timer]\nOnActiveSec=\nOnActiveSec=4s');
    disk.change('loadwright-heartbeat.timer', '[Timer]\nOnCalendar=\nOnCalendar=*:*:*');
    disk.change('loadwright-heartbeat.service', '[Unit]\nStartLimitIntervalSec=0');
    disk.boot();
    await until('the web UI was asked eight times', () => ui.asked >= 8);
    if (disk.has(off)) throw new Error('a machine whose web UI answers has ended');
    await ui.close();
    await until('a machine ends that has fallen silent', () => disk.has(off));
  });
  await withDisk(async (disk) => {
    const expiresAt = new Date(Date.now() + 5000);
    await disk.write({ uiPort: 80, expiresAt });
    disk.boot();
    await until('the timers are armed', () => disk.has(armed));
    await disk.stop();
    if (disk.has(off)) throw new Error('a machine has ended before its time');
    await until('its time is over', () => Date.now() > expiresAt.getTime());
    disk.boot();
    await until('a machine ends whose time was over while it was stopped', () => disk.has(off));
  });
}

async function withDisk(use) {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-boot-'));
  const disk = new Disk(folder);
  try {
    await use(disk);
  } finally {
    await disk.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a machine keeps when it is stopped. */
class Disk {
  #folder;
  #machine;

  constructor(folder) {
    this.#folder = folder;
  }

  /** Does what cloud-init does before the first boot is over. */
  async write({ uiPort, expiresAt }) {
    const { userData } = await import('../../packages/infra/dist/ec2/machine/user-data.js');
    const names = ['fleetId', 'region', 'bucket', 'bundleKey', 'bundleSha256', 'parameterPrefix'];
    const settings = Object.fromEntries(names.map((name) => [name, 'any']));
    const text = gunzipSync(
      userData({ ...settings, parameters: [], workers: 1, uiPort, expiresAt }),
    ).toString();
    const { write_files: files, runcmd } = parse(text);
    for (const { path, content } of files) this.#write(path, content);
    // The first of its commands arms the timers; the second would install Docker.
    this.#write('/opt/first-boot', `${runcmd[0].at(-1)}\ntouch ${armed}\n`);
    for (const [name, rest] of Object.entries(bareUnits)) {
      this.#write(`/usr/lib/systemd/system/${name}`, `[Unit]\nDefaultDependencies=no\n${rest}\n`);
    }
    for (const path of ['/usr/lib/systemd/system-generators', '/var/lib/systemd']) {
      mkdirSync(join(this.#folder, path), { recursive: true });
    }
  }

  change(unit, text) {
    this.#write(`/etc/systemd/system/${unit}.d/quick.conf`, `${text}\n`);
  }

  has(path) {
    return existsSync(join(this.#folder, path));
  }

  boot() {
    const script = join(root, 'tools/ci/boot.sh');
    this.#machine = spawn('bash', [script, this.#folder, basename(this.#folder)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH },
    });
  }

  /** As a power cut does; settles when nothing of it runs any more. */
  async stop() {
    this.#machine?.kill('SIGKILL');
    await until('its processes have ended', async () => {
      await removeControlGroups(basename(this.#folder));
      return true;
    });
  }

  #write(path, content) {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
    writeFileSync(join(this.#folder, path), content);
  }
}

async function startUi() {
  const ui = { asked: 0 };
  const server = createServer((request, response) => {
    ui.asked += 1;
    response.end('Locust');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ui.port = server.address().port;
  ui.close = async () => void (await new Promise((resolve) => server.close(resolve)));
  return ui;
}
