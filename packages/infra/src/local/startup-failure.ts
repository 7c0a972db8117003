import { LoadwrightError } from '@loadwright/core/fleet';
import type { LocalNode } from './nodes.js';

/** The ports of one attempt to start. */
export interface FleetPorts {
  /** Where the workers reach the master. */
  readonly master: number;
  /** Web UI and API. */
  readonly web: number;
}

/** Which of its ports the master found taken, if that is why it ended. */
export function takenPort(node: LocalNode, ports: FleetPorts): keyof FleetPorts | undefined {
  const text = node.log.tail().join('\n');
  if (node.role !== 'master' || !/address already in use|was busy/i.test(text)) return undefined;
  return text.includes(`'127.0.0.1', ${ports.web}`) ? 'web' : 'master';
}

/** The error for a node that ended while the fleet started. */
export function nodeEnded(node: LocalNode): LoadwrightError {
  return new LoadwrightError('PROVISIONING_FAILED', `${node.name} did not start: ${node.lastWords()}`, {
    hint: `${advice(node)} The whole log: ${node.log.path}`,
  });
}

function advice(node: LocalNode): string {
  const text = node.log.tail().join('\n');
  if (/ModuleNotFoundError|ImportError/.test(text)) {
    return 'A Python module is missing: a bundle may only import what Locust itself installs.';
  }
  if (/Traceback/.test(text)) {
    return 'The traceback shows where the Python of the bundle failed; "locust -f locustfile.py" in the bundle folder repeats it.';
  }
  if (/\bvariable\b/i.test(text)) return 'Set the variable that it names.';
  return 'Its last lines tell why.';
}

/** The error for a web port that was asked for and is taken. */
export function webPortTaken(port: number, cause?: unknown): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `webPort: 127.0.0.1:${port} is taken by another program.`,
    {
      hint: 'Choose another webPort, or leave it out and a free port is chosen.',
      cause,
    },
  );
}

/** The error for a fleet that did not start in time. */
export function startTimedOut(seconds: number, state: string): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `The fleet did not start within ${seconds} s: ${state}.`,
    {
      hint: 'Read the logs in the results folder; use fewer workers, or allow more time with the option startTimeout.',
      retryable: true,
    },
  );
}
