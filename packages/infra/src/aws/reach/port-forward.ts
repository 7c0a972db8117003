import { LoadwrightError } from '@loadwright/core/fleet';
import type { AwsSettings } from '../settings.js';
import type { Environment } from '../../environment.js';
import { freePorts } from '../../process/ports.js';
import { SupervisedProcess } from '../../process/processes.js';

/** How long the command and its plugin may take to open a session, in milliseconds. */
const openedWithinMilliseconds = 60_000;

const graceMilliseconds = 2000;

/** Of what it says, the last lines tell why it ended. */
const keptLines = 3;

/** Ends the process group when this process ends, however that is: the plugin would outlive the command that runs it. */
const untilEndOfParent = '(read -r line <&"$LOADWRIGHT_LIFELINE_FD"; kill -s KILL 0) & exec "$@"';

/** Exit code of a shell that does not find a command. */
const notFound = 127;

/** Where and as whom the session is opened. */
type Caller = Omit<AwsSettings, 'pace'>;

/** How the web UI is reached from here. */
export interface WayToUi {
  readonly url: string;
  /** It ends with this process. */
  readonly isForwarded: boolean;
  /** Why it no longer leads there; undefined while it does. */
  readonly problem: () => string | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Forwards a free port through a session of Session Manager. It ends with this process, which it does not keep alive.
 * The command and its plugin are AWS's own: the protocol of sessions is not public.
 *
 * @param environment variables for the command
 * @param target id of the machine
 * @throws LoadwrightError `PROVISIONING_FAILED`; retryable when the agent of the machine is not there yet.
 */
export async function forwardPort(
  { settings, signal }: { readonly settings: Caller; readonly signal: AbortSignal },
  environment: Environment,
  target: string,
  remotePort: number,
): Promise<WayToUi> {
  const [port = 0] = await freePorts(1);
  const said: string[] = [];
  let announce: (isOpen: boolean) => void = () => {};
  const announced = new Promise<boolean>((resolve) => (announce = resolve));
  const session = new SupervisedProcess({
    file: '/bin/sh',
    arguments: ['-c', untilEndOfParent, 'sh', ...commandOf(settings, target, remotePort, port)],
    environment: variablesOf(settings, environment),
    onLine: (line) => {
      // https://github.com/aws/session-manager-plugin, src/sessionmanagerplugin/session/portsession
      if (line.includes('Waiting for connections')) announce(true);
      if (line.trim() !== '') said.push(line.trim());
      if (said.length > keptLines) said.shift();
    },
  });
  const tooLong = AbortSignal.any([signal, AbortSignal.timeout(openedWithinMilliseconds)]);
  const end = () => void session.end(graceMilliseconds);
  tooLong.addEventListener('abort', end, { once: true });
  const isOpen = await Promise.race([announced, session.exited.then(() => false)]);
  tooLong.removeEventListener('abort', end);
  if (!isOpen) {
    signal.throwIfAborted();
    throw notOpened(
      target,
      session.exit?.code === notFound ? 'the command "aws" is not found' : said.join(' '),
    );
  }
  session.unref();
  return {
    url: `http://127.0.0.1:${port}`,
    isForwarded: true,
    problem: () =>
      session.exit &&
      `the session with ${target} ended, and with it the way to the web UI: ${said.at(-1) ?? session.exit.description}`,
    close: async () => void (await session.end(graceMilliseconds)),
  };
}

function commandOf({ region, profile }: Caller, target: string, remotePort: number, port: number): string[] {
  const parameters = { portNumber: [String(remotePort)], localPortNumber: [String(port)] };
  return [
    ...['aws', 'ssm', 'start-session', '--target', target, '--region', region],
    ...['--document-name', 'AWS-StartPortForwardingSession', '--parameters', JSON.stringify(parameters)],
    ...(profile === undefined ? [] : ['--profile', profile]),
  ];
}

/** The command finds its credentials where the SDK finds them: keys that were given first, otherwise its own chain. */
function variablesOf({ keys, endpoint }: Caller, environment: Environment): Record<string, string> {
  const given = keys && {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    AWS_PROFILE: undefined,
  };
  const all = { ...process.env, ...environment, ...given, ...(endpoint && { AWS_ENDPOINT_URL: endpoint }) };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function notOpened(target: string, reason: string): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `No session with ${target}: ${reason || 'it was not opened in time'}.`,
    {
      hint: 'Session Manager needs the commands "aws" and "session-manager-plugin" on this machine, and the agent on the other.',
      // What the service says until the agent has reported.
      retryable: reason.includes('TargetNotConnected'),
    },
  );
}
