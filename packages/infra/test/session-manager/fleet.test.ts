import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws, type Machine } from '@loadwright/aws-stand-in';
import { requestOf, settingsOf, uiPort, withFolder } from '../ec2/work.js';
import { until } from '../local/processes.js';
import { FakeAws, isAlive } from './fake-aws.js';

const aws = useAws();
const never = new AbortController().signal;

/** A fleet that is reached through a session, whose machines the fake command leads to. */
async function withPrivateFleet(
  use: (fleet: ReturnType<typeof fleetOf>, fleetId: string, folder: string) => Promise<void>,
  variables: Record<string, string>,
) {
  await withFolder(tmpdir(), async (folder) => {
    const fleetId = '20261123-093000-0000000001';
    const environment = {
      ...aws().environment,
      ...variables,
      LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip`,
    };
    const settings = settingsOf({ fleetId, folder, environment, uiPort, adopted: {} });
    await use(fleetOf({ ...settings, access: 'session-manager' }), fleetId, folder);
  });
}

function request(fleetId: string, folder: string) {
  return requestOf({ fleetId, folder, environment: aws().environment, uiPort, adopted: {} }, never);
}

it.each([
  ['through a NAT gateway, which needs no address', 'nat', false],
  ['through an internet gateway, which needs one', 'routed', true],
] as const)(
  'a fleet is driven through a session, which ends with it: %s',
  async (_way, network, hasAddress) => {
    await aws().reset({ network });
    const fake = new FakeAws();
    const master = fakeMaster({ port: uiPort, password: 'any', workers: 2 });
    const onMachine = async (machine: Machine) => {
      expect(machine.publicAddress !== undefined).toBe(hasAddress);
      fake.leadsTo(machine.privateAddress, uiPort);
      await master.onMachine(machine);
    };
    Object.assign(aws().behaviour, master, { onMachine });
    await withPrivateFleet(async (fleet, fleetId, folder) => {
      const handle = await fleet.provision(request(fleetId, folder));
      expect(handle.isForwarded).toBe(true);
      expect(handle.masterUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect((await fetch(`${handle.masterUrl}/login`)).status).toBe(200);
      const first = fake.plugin;
      const { calls } = aws();
      const [launch] = calls.filter(({ name }) => name === 'ec2:RunInstances');
      expect(launch?.parameters['NetworkInterface.1.AssociatePublicIpAddress']).toBe(String(hasAddress));
      expect(calls.filter(({ name }) => name === 'ec2:AuthorizeSecurityGroupIngress')).toEqual([]);

      const attached = await fleet.open(fleetId);
      expect(attached.masterUrl).not.toBe(handle.masterUrl);
      expect((await attached.status())[0]).toMatchObject({ state: 'running' });
      process.kill(fake.plugin, 'SIGKILL');
      await until(async () => (await attached.status())[0]?.state === 'failed');
      const [lost, worker] = await attached.status();
      expect(lost?.reason).toMatch(/^the session with i-\w+ ended, and with it the way to the web UI/);
      expect(worker).toMatchObject({ state: 'running' });
      expect((await handle.status())[0]).toMatchObject({ state: 'running' });

      expect((await handle.destroy()).remaining).toEqual([]);
      await until(() => !isAlive(first));
    }, fake.environment);
  },
);

it('makes nothing when the commands of a session are missing', async () => {
  await withPrivateFleet(
    async (fleet, fleetId, folder) => {
      await expect(fleet.provision(request(fleetId, folder))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message:
          'fleet.access: session-manager needs programs that were not found on this machine: aws, session-manager-plugin',
      });
      expect(aws().calls).toEqual([]);
    },
    { PATH: '/dev/null' },
  );
});

it('a deployment that fails leaves no session', async () => {
  const fake = new FakeAws();
  // Nobody listens there.
  const onMachine = ({ privateAddress }: Machine) => fake.leadsTo(privateAddress, uiPort);
  const consoleOutput = () => 'loadwright: FAILED while raising limits (line 1, exit code 1)\r\n';
  Object.assign(aws().behaviour, { onMachine, consoleOutput });
  await withPrivateFleet(async (fleet, fleetId, folder) => {
    await expect(fleet.provision(request(fleetId, folder))).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
    });
    expect(fake.calls).toHaveLength(1);
    await until(() => !fake.isOpen);
  }, fake.environment);
});
