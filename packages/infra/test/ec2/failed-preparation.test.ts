import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { useAws } from '../aws/index.js';
import { prepare, standInCommands } from '../machine/prepared.js';
import { useMachineRoot } from '../machine/root.js';
import { requestOf, settingsOf, uiPort, withFolder } from './work.js';

const aws = useAws();
const root = useMachineRoot('/dev/shm');

/** The message of a deployment to a machine on which nobody listens. */
async function deploymentFails(startTimeoutSeconds: number): Promise<string> {
  return withFolder(tmpdir(), async (folder) => {
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    const one = { runId: '20261123-093000-0000000001', folder, environment, uiPort, adopted: {} };
    const deploying = fleetOf({ ...settingsOf(one), startTimeoutSeconds }).provision(
      requestOf(one, new AbortController().signal),
    );
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
