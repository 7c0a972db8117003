import { isLoadwrightError, LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { poll } from '../poll.js';
import type { Environment } from '../../environment.js';
import type { FleetFacts } from '../fleets/facts.js';
import { forwardPort, type WayToUi } from './port-forward.js';
import { usualPort } from '../fleet-settings.js';
import type { RunningMachine } from './wait-for-master.js';

/** What {@link reachUi} needs. */
export interface UiPlace {
  readonly facts: Pick<FleetFacts, 'access' | 'uiPort'>;
  readonly machine: RunningMachine;
  /** Variables for the command that opens a session. */
  readonly environment: Environment;
}

/**
 * The way to the web UI: the address of the machine, or a port of this machine that Session Manager forwards.
 *
 * @param limit How long the agent of a machine that has just started may take to be reached, in milliseconds.
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is no way to it.
 */
export async function reachUi(aws: Aws, place: UiPlace, limit: number): Promise<WayToUi> {
  const { access, uiPort } = place.facts;
  if (access === 'session-manager') return throughSession(aws, place, limit);
  const { id, publicAddress } = place.machine;
  if (publicAddress === undefined) {
    throw new LoadwrightError('PROVISIONING_FAILED', `The machine ${id} has no public address.`, {
      hint: "Its subnet gives none, or the machine has ended. For a private subnet set access: 'session-manager'.",
    });
  }
  return {
    url: `${access}://${publicAddress}${uiPort === usualPort(access, undefined) ? '' : `:${uiPort}`}`,
    isForwarded: false,
    problem: () => undefined,
    close: async () => {},
  };
}

async function throughSession(
  aws: Aws,
  { facts, machine, environment }: UiPlace,
  limit: number,
): Promise<WayToUi> {
  let last: unknown;
  const forward = await poll(aws, limit, async () => {
    try {
      return await forwardPort(aws, environment, machine.id, facts.uiPort);
    } catch (error) {
      if (!isLoadwrightError(error) || !error.retryable) throw error;
      last = error;
      return undefined;
    }
  });
  if (forward) return forward;
  throw last;
}
