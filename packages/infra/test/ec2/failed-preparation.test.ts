import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { useAws } from '@loadwright/aws-stand-in';
import { prepare, standInCommands } from '../machine/prepared.js';
import { useMachineRoot } from '../machine/root.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const aws = useAws();
const root = useMachineRoot('/dev/shm');

/** The message of a deployment to a machine on which nobody listens. @param told what it tells on its way */
async function deploymentFails(startTimeoutSeconds: number, told: string[] = []): Promise<string> {
  return withFolder(tmpdir(), async (folder) => {
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    const one = { fleetId: '20261123-093000-0000000001', folder, environment, uiPort, adopted: {} };
    const deploying = fleetOf({ ...settingsOf(one), startTimeoutSeconds }).provision({
      ...requestOf(one, new AbortController().signal),
      onProgress: (line) => told.push(line),
    });
    const error = await deploying.then(
      () => new Error('it was deployed'),
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({ code: 'PROVISIONING_FAILED' });
    return error.message;
  });
}

const looks = () => aws().calls.filter(({ name }) => name === 'ec2:GetConsoleOutput').length;

it('a preparation that fails ends the deployment at once, with what the machine said', async () => {
  root().writeFiles();
  standInCommands(root());
  root().standIn('sysctl', "echo 'sysctl: permission denied' >&2; exit 3");
  const { console } = await prepare(root());
  aws().behaviour.consoleOutput = () =>
    looks() === 1 ? 'loadwright: raising limits\r\n' : `[    9.1] cloud-init: ready\r\n${console}`;

  // Longer than the time that the test has.
  const message = await deploymentFails(600);
  const [first, ...quoted] = message.split('\n').map((line) => line.trim());
  expect(first).toMatch(/^The machine i-\w+ could not be made ready\. It said:$/);
  expect(quoted).toEqual([
    'reading the settings',
    'raising limits',
    'sysctl: permission denied',
    expect.stringMatching(/^FAILED while raising limits \(line \d+, exit code 3\)$/),
  ]);
  expect(looks()).toBe(2);
});

it('a failure that a later boot has left behind does not end it', async () => {
  const failed = 'loadwright: FAILED while raising limits (line 1, exit code 3)\r\n';
  aws().behaviour.consoleOutput = () => `${failed}loadwright: waiting for the web UI\r\n`;
  const message = await deploymentFails(1);
  expect(message).toMatch(
    /^The master at http:\/\/127\.\S+ did not answer within 1 s\. The machine said last:\n/,
  );
  expect(message).toMatch(/waiting for the web UI$/);
});

it('what the machine says is told when it is new, and the time when it says nothing for a while', async () => {
  const said = ['', 'installing Docker', 'installing Docker', 'installing Docker', 'pulling locust'];
  aws().behaviour.consoleOutput = () => {
    const newest = said[looks() - 1] ?? 'FAILED while pulling locust (line 1, exit code 1)';
    return newest && `loadwright: ${newest}\r\n`;
  };
  const told: string[] = [];
  await deploymentFails(600, told);
  const from = told.findIndex((line) => line.startsWith('Waiting for the master'));
  expect(told.slice(from + 1, from + 4)).toEqual([
    'The machine: installing Docker',
    expect.stringMatching(/^Still waiting, \d+m?s of at most 10m$/),
    'The machine: pulling locust',
  ]);
});

it('what is not the newest is asked for where EC2 has no newer', async () => {
  const fault = { kind: 'error', code: 'UnsupportedOperation', status: 400 } as const;
  aws().inject({ at: 'ec2:GetConsoleOutput', fault });
  aws().behaviour.consoleOutput = () => 'loadwright: FAILED while raising limits (line 1, exit code 3)\r\n';
  expect(await deploymentFails(600)).toContain('FAILED while raising limits');
  const asked = aws().calls.filter(({ name }) => name === 'ec2:GetConsoleOutput');
  expect(asked.map(({ parameters }) => parameters['Latest'])).toEqual(['true', undefined]);
});
