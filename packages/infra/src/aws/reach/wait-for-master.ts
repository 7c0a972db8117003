import type { Instance } from '@aws-sdk/client-ec2';
import { formatDuration, LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { describeInstance } from '../kinds/instance.js';
import { poll } from '../poll.js';
import { consoleLines } from './console-output.js';
import { Look } from './look.js';
import type { WayToUi } from './port-forward.js';

/** What keeps a caller from a web UI that may be there. */
export const blockedHint =
  'a proxy or firewall on your side, or another address of yours than at its deployment, may keep you from it: see allowedAddresses, uiPort and access.';

/** How long a machine may take from its start until its master answers. */
export class StartTime {
  readonly seconds: number;
  readonly #end: number;

  /** @param limit milliseconds from now on */
  constructor(limit: number) {
    this.seconds = limit / 1000;
    this.#end = performance.now() + limit;
  }

  /** Seconds. */
  get elapsed(): number {
    return this.seconds - this.left / 1000;
  }

  /** Milliseconds. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }
}

/** The console is looked at once in so many of the longest pauses (30 s): it lags behind, and EC2 limits its reading. */
const pausesBetweenLooks = 15;

/** So many looks without anything new (60 s) are reported as such: who waits should not wonder whether anybody does. */
const silentLooks = 2;

/** A machine that runs, with its addresses. */
export interface RunningMachine {
  readonly id: string;
  readonly publicAddress: string | undefined;
}

/**
 * Waits until the machine runs: by then EC2 has given it its address.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it ends instead, or takes too long.
 */
export async function waitForMachine(aws: Aws, id: string, time: StartTime): Promise<RunningMachine> {
  const machine = await poll(aws, time.left, async () => {
    const found = await describeInstance(aws, id);
    if (hasEnded(found)) throw ended(id, found);
    return found?.State?.Name === 'running' ? { id, publicAddress: found.PublicIpAddress } : undefined;
  });
  if (machine) return machine;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The machine ${id} did not run within ${time.seconds} s.`,
    {
      hint: 'Try again, in another zone if it happens again: the option subnet.',
      retryable: true,
    },
  );
}

/** How a web UI is waited for. */
export interface WaitForUi {
  readonly way: WayToUi;
  readonly time: StartTime;
  /** Asks for the certificate that the machine makes, empty or undefined until then. Absent: it makes none. */
  readonly certificate?: () => Promise<string | undefined>;
  /** Called with what the machine says meanwhile, and now and then when it says nothing. */
  readonly onProgress: (message: string) => void;
}

/**
 * Waits until the web UI answers. Nobody is logged in: whether it is ours is found out afterwards, unless it has a
 * certificate.
 *
 * @returns its certificate, if it has one
 * @throws LoadwrightError `PROVISIONING_FAILED` with what the machine said last; at once when it says that it failed.
 */
export async function waitForUi(
  aws: Aws,
  id: string,
  { way, time, onProgress, certificate: ask }: WaitForUi,
): Promise<string | undefined> {
  const { longestPause } = aws.settings.pace;
  const tell = teller(time, onProgress);
  const look = new Look(ask);
  let listenAt = performance.now() + pausesBetweenLooks * longestPause;
  const answered = await poll(aws, time.left, async () => {
    const [seen, found] = await Promise.all([look.at(way.url, aws.signal), describeInstance(aws, id)]);
    if (hasEnded(found)) throw ended(id, found);
    if (seen) return true;
    const problem = way.problem();
    if (problem !== undefined) throw new LoadwrightError('PROVISIONING_FAILED', problem, { retryable: true });
    if (performance.now() > listenAt) {
      const said = await consoleLines(aws, id);
      requireNoFailure(id, said);
      tell(said.at(-1));
      listenAt = performance.now() + pausesBetweenLooks * longestPause;
    }
    return undefined;
  });
  if (answered) return look.certificate;
  const said = await consoleLines(aws, id);
  requireNoFailure(id, said);
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The master at ${way.url} did not answer within ${time.seconds} s.` +
      (said.length > 0
        ? ` The machine said last:${quoted(said)}`
        : ' The machine said nothing on its console.'),
    {
      hint: `Allow more time with the option startTimeout; ${blockedHint}`,
      retryable: true,
    },
  );
}

/** Reports what a machine said last when that is new, and the time when it has not been for a while. */
function teller(time: StartTime, onProgress: (message: string) => void): (said: string | undefined) => void {
  let last: string | undefined;
  let silent = 0;
  return (said) => {
    silent = said === undefined || said === last ? silent + 1 : 0;
    last = said ?? last;
    if (silent === 0) onProgress(`The machine: ${said}`);
    else if (silent % silentLooks === 0) {
      onProgress(`Still waiting, ${formatDuration(time.elapsed)} of at most ${formatDuration(time.seconds)}`);
    }
  };
}

/** A failure is the last that `prepare.sh` says; after a boot it tries again. */
function requireNoFailure(id: string, said: readonly string[]): void {
  if (!said.at(-1)?.startsWith('FAILED while ')) return;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The machine ${id} could not be made ready. It said:${quoted(said)}`,
    {
      hint: 'A machine needs a way to the internet for packages and the image of Locust: see the routes of its subnet. Then try again.',
      retryable: true,
    },
  );
}

/** The last lines, each on one of its own. */
function quoted(said: readonly string[]): string {
  return said
    .slice(-7)
    .map((line) => `\n  ${line}`)
    .join('');
}

function hasEnded(found: Instance | undefined): boolean {
  return ['shutting-down', 'terminated', 'stopping', 'stopped'].includes(found?.State?.Name ?? '');
}

function ended(id: string, found: Instance | undefined): LoadwrightError {
  const reason = found?.StateReason?.Message ?? found?.StateTransitionReason ?? 'EC2 gives no reason';
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `The machine ${id} ended while it was started: ${reason}.`,
    {
      hint: 'A spot machine may be taken away at any time; an encrypted volume needs a key that you may use.',
      retryable: true,
    },
  );
}
