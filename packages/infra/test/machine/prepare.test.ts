import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canary, packBundle, prepare, standInCommands, startStandInAws } from './prepared.js';
import { selfSigned, serveWith } from '../self-signed.js';
import { useMachineRoot, type MachineRoot } from './root.js';
import { itWith } from './tools.js';

const script = '/opt/loadwright/prepare.sh';
// A file system in memory, as /run is: the script refuses any other for secrets.
const useRoot = useMachineRoot('/dev/shm');

async function webUi(): Promise<number> {
  const server = createServer((_, response) => response.end('Locust')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function awsOf(root: MachineRoot) {
  const aws = await startStandInAws(root);
  onTestFinished(async () => void (await aws.stop()));
  return aws.environment;
}

/** What was called, with paths as they are on a machine, since the last time it was asked. */
function callsOf(root: MachineRoot): string[] {
  const calls = root.calls.map((call) => call.replaceAll(root.folder, ''));
  rmSync(root.path('calls'), { force: true });
  return calls;
}

describe('prepare.sh', () => {
  it('is run at every boot', async () => {
    const { config, content } = useRoot().writeFiles();
    const unit = content('/etc/systemd/system/loadwright.service');
    expect(unit).toMatch(/^ExecStart=bash \/opt\/loadwright\/prepare\.sh$/m);
    expect(unit).toMatch(/^WantedBy=multi-user\.target$/m);
    expect(unit).not.toMatch(/^Condition/m);
    // cloud-init waits for what it runs, and the unit waits for the network: it must not wait for the unit.
    expect(config.runcmd[1]).toEqual(['systemctl', 'enable', '--now', '--no-block', 'loadwright.service']);
  });

  itWith('systemd-analyze')('is run by a unit that systemd accepts, with no complaint', async () => {
    useRoot().writeFiles();
    expect(await useRoot().verifyUnits('loadwright.service')).toEqual({ exitCode: 0, complaints: [] });
  });

  it('makes a machine ready, and again after a boot that has lost what was in memory', async () => {
    const root = useRoot();
    const [uiPort, bundleSha256] = [await webUi(), await packBundle(root)];
    root.writeFiles({ uiPort, bundleSha256 });
    standInCommands(root);
    const environment = await awsOf(root);

    const first = await prepare(root, environment);
    expect(first.said).toEqual([
      'reading the settings',
      'raising limits',
      'turning off unattended upgrades',
      'installing Docker',
      'fetching the bundle and the variables',
      expect.stringMatching(/^pulling locustio\/locust:/),
      'starting the master and 16 workers',
      'waiting for the web UI',
      `ready: the web UI listens on port ${uiPort}`,
    ]);
    expect(first.exitCode).toBe(0);
    const up =
      'docker compose -p loadwright -f /opt/loadwright/bundle/docker-compose.yml -f /opt/loadwright/machine.yml up -d --force-recreate --scale worker=16';
    const calls = callsOf(root);
    expect(calls).toContain('sysctl --quiet --load /etc/sysctl.d/60-loadwright.conf');
    expect(calls.filter((call) => call.startsWith('apt-get'))).toHaveLength(2);
    const upgrades =
      'apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service unattended-upgrades.service';
    const before = calls.slice(
      0,
      calls.findIndex((call) => call.startsWith('apt-get')),
    );
    expect(before).toEqual(
      expect.arrayContaining([`systemctl stop ${upgrades}`, `systemctl mask ${upgrades}`]),
    );
    expect(calls.at(-1)).toBe(up);

    const secrets = root.path('/run/loadwright');
    rmSync(secrets, { recursive: true });
    const second = await prepare(root, environment);
    expect(second.said).toEqual(first.said.filter((line) => !/^(installing|pulling)/.test(line)));
    const again = callsOf(root);
    expect(again.filter((call) => /apt-get|pull/.test(call))).toEqual([]);
    expect(again.at(-1)).toBe(up);
    expect(readFileSync(`${secrets}/master.json`, 'utf8')).toContain(canary);
    expect(statSync(`${secrets}/master.json`).mode & 0o777).toBe(0o600);
    expect(readdirSync(root.path('/opt/loadwright/bundle'))).toEqual(['locustfile.py']);
    expect(JSON.stringify([first, second, calls, again])).not.toContain(canary);
  });

  it('encrypts the web UI with a certificate of this boot, which it hands over', async () => {
    const root = useRoot();
    const own = selfSigned();
    const [{ port: uiPort }, bundleSha256] = [await serveWith(own), await packBundle(root)];
    root.writeFiles({ uiPort, bundleSha256, certificate: 'machine/CERTIFICATE' });
    standInCommands(root);
    // Made by an earlier run of the script, since when the containers use it.
    root.write('/run/loadwright/key.pem', own.key, 0o600);
    root.write('/run/loadwright/certificate.pem', own.certificate, 0o600);
    const { exitCode, said } = await prepare(root, await awsOf(root));
    expect(said).toContain('making the certificate of the web UI');
    expect(exitCode).toBe(0);
    expect(callsOf(root)).toContain(
      'chown 1000:1000 /run/loadwright/key.pem /run/loadwright/certificate.pem',
    );
    const handedOver = JSON.parse(readFileSync(root.path('/stand-in.put'), 'utf8')) as object;
    expect(handedOver).toMatchObject({ Value: own.certificate, Overwrite: true });
  });

  it('makes a machine ready whose image has no unattended upgrades', async () => {
    const root = useRoot();
    const [uiPort, bundleSha256] = [await webUi(), await packBundle(root)];
    root.writeFiles({ uiPort, bundleSha256 });
    standInCommands(root);
    root.standIn('systemctl', 'echo "Unit $2 not loaded." >&2; exit 5');
    expect((await prepare(root, await awsOf(root))).exitCode).toBe(0);
  });

  it('powers the machine off first of all when its time is over: its timer may never have been started', async () => {
    const root = useRoot();
    root.writeFiles({ expiresAt: new Date(Date.now() - 1000) });
    standInCommands(root);
    const { exitCode, said } = await prepare(root);
    expect(exitCode).toBe(0);
    expect(said).toEqual(['reading the settings', 'the time to live is over: powering off']);
    expect(callsOf(root)).toEqual(['systemctl poweroff']);
  });

  it.each<
    [step: string, failing: RegExp, code: number, reason: string, spoil: (root: MachineRoot) => unknown]
  >([
    [
      'reading the settings',
      /\$\(setting uiPort\)/,
      1,
      'json.decoder.JSONDecodeError',
      (root) => root.write('/opt/loadwright/settings.json', '{'),
    ],
    [
      'raising limits',
      /^sysctl/,
      3,
      'sysctl: permission denied',
      (root) => root.standIn('sysctl', "echo 'sysctl: permission denied' >&2; exit 3"),
    ],
    [
      'fetching the bundle and the variables',
      /^ +false$/,
      1,
      'is not in memory: secrets would be written to the disk',
      (root) => root.standIn('stat', 'echo ext2/ext3'),
    ],
    [
      'starting the master and 16 workers',
      /^ +docker compose/,
      17,
      'port is already allocated',
      (root) =>
        root.standIn(
          'docker',
          "case \"$*\" in *' up '*) echo 'port is already allocated' >&2; exit 17;; esac",
        ),
    ],
  ])('says on the console where and why it failed while %s', async (step, failing, code, reason, spoil) => {
    const root = useRoot();
    root.writeFiles({ bundleSha256: await packBundle(root) });
    standInCommands(root);
    const environment = await awsOf(root);
    spoil(root);
    const { exitCode, said, output } = await prepare(root, environment);
    expect(exitCode).toBe(code);
    const [, where, line, exit] =
      /^FAILED while (.+) \(line (\d+), exit code (\d+)\)$/.exec(said.at(-1) ?? '') ?? [];
    expect([where, Number(exit)]).toEqual([step, code]);
    expect(readFileSync(root.path(script), 'utf8').split('\n')[Number(line) - 1]).toMatch(failing);
    expect(said.at(-2)).toContain(reason);
    expect(said.filter((each) => each.startsWith('FAILED'))).toHaveLength(1);
    // The journal has it too.
    expect(output.split('\n').map((each) => each.replace(/^loadwright: /, ''))).toEqual(said);
  });

  it('takes nothing of a bundle that holds a link', async () => {
    const root = useRoot();
    symlinkSync('/etc/passwd', root.path('/link'));
    const bundleSha256 = await packBundle(root, 'link');
    root.writeFiles({ bundleSha256 });
    standInCommands(root);
    const { said } = await prepare(root, await awsOf(root));
    expect(said.at(-2)).toContain('the bundle holds what does not belong there');
    expect(said.at(-1)).toMatch(/^FAILED while fetching the bundle and the variables/);
    expect(existsSync(root.path('/opt/loadwright/bundle/link'))).toBe(false);
  });
});
