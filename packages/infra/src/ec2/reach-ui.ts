import { LoadwrightError } from '@loadwright/core';
import { execa } from 'execa';
import type { Aws, AwsSettings } from '../aws/clients.js';
import { poll } from '../aws/poll.js';
import { freePorts } from '../local/ports.js';
import type { FleetFacts } from './facts.js';
import type { RunningMachine } from './wait-for-master.js';

/**
 * The address of the web UI on this side: that of the machine, or a port of this machine that Session Manager forwards.
 *
 * @param limit How long the agent of a machine that has just started may take to be reached, in milliseconds.
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is no way to it.
 */
export async function reachUi(
  aws: Aws,
  { access, uiPort }: Pick<FleetFacts, 'access' | 'uiPort'>,
  { id, publicAddress }: RunningMachine,
  limit: number,
): Promise<string> {
  if (access === 'session-manager') {
    let problem: unknown;
    const url = await poll(aws, limit, () =>
      forward(aws.settings, id, uiPort).catch((error: unknown) => {
        problem = error;
        return undefined;
      }),
    );
    if (url !== undefined) return url;
    throw problem;
  }
  if (publicAddress === undefined) {
    throw new LoadwrightError('PROVISIONING_FAILED', `The machine ${id} has no public address.`, {
      hint: "Its subnet gives none, or the machine has ended. For a private subnet set access: 'session-manager'.",
    });
  }
  return `http://${publicAddress}${uiPort === 80 ? '' : `:${uiPort}`}`;
}

/** Ends with this process. The command and its plugin are AWS's own: the protocol of sessions is not public. */
async function forward({ region, profile }: AwsSettings, target: string, uiPort: number): Promise<string> {
  const [localPort = 0] = await freePorts(1);
  const parameters = { portNumber: [String(uiPort)], localPortNumber: [String(localPort)] };
  const session = execa(
    'aws',
    [
      ...['ssm', 'start-session', '--target', target, '--region', region],
      ...['--document-name', 'AWS-StartPortForwardingSession', '--parameters', JSON.stringify(parameters)],
      ...(profile === undefined ? [] : ['--profile', profile]),
    ],
    { stdin: 'ignore', reject: false, cleanup: true },
  );
  let said = '';
  const opened = new Promise<boolean>((resolve) => {
    session.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Waiting for connections')) resolve(true);
    });
    void session.then(() => resolve(false));
  });
  if (await opened) return `http://127.0.0.1:${localPort}`;
  const { stderr, shortMessage } = await session;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `No session to ${target}: ${stderr.trim() || shortMessage}`,
    {
      hint: 'Session Manager needs the commands "aws" and "session-manager-plugin" on this machine, and the agent on the other.',
    },
  );
}
