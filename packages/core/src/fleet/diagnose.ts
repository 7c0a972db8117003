import { isLoadwrightError, LoadwrightError, messageOf } from '../errors.js';
import { masterOf } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { askMaster } from './ask-master.js';
import type { CallOptions, DeployedFleet, Fleet, FleetHandle, FleetNode, Finding } from './contract.js';

/** What is asked of a fleet to find out why it does not work. */
type Diagnosed = Pick<Fleet, 'kind' | 'lasting'> & Partial<Pick<Fleet, 'open'>>;

/** What Locust calls a worker that is not there. */
const absentStates = new Set(['missing', 'stopped']);

/**
 * Why a fleet does not work: what its kind concludes from its service, see `LastingFleets.diagnose`, and what can be seen of
 * every fleet: its tags, its machines, whether its web UI answers, how many workers are connected. Changes nothing.
 *
 * @param subject The whole id, or a handle of it.
 * @throws LoadwrightError as `Fleet.open` when nothing of the fleet exists.
 */
export async function diagnoseFleet(
  fleet: Diagnosed,
  subject: string | FleetHandle,
  { signal }: CallOptions = {},
): Promise<readonly Finding[]> {
  const fleetId = typeof subject === 'string' ? subject : subject.fleetId;
  const options = { ...(signal && { signal }) };
  const ofKind = (await fleet.lasting?.diagnose?.(fleetId, options)) ?? (await byTags(fleet, fleetId));
  const handle = typeof subject === 'string' ? await opened(fleet, fleetId, options) : subject;
  const seen = isHandle(handle) ? await look(handle, options) : [handle];
  const known = new Set(ofKind.map(({ subject: about }) => about));
  return [...ofKind, ...seen.filter(({ subject: about }) => !known.has(about))];
}

const isHandle = (found: FleetHandle | Finding): found is FleetHandle => 'masterUrl' in found;

async function opened(
  fleet: Diagnosed,
  fleetId: string,
  options: CallOptions,
): Promise<FleetHandle | Finding> {
  try {
    return await fleet.open!(fleetId, options);
  } catch (error) {
    return problemOf('web UI', error);
  }
}

/** @throws LoadwrightError when no resource has the fleet's tags. */
async function byTags({ lasting }: Diagnosed, fleetId: string): Promise<Finding[]> {
  if (!lasting) return [];
  const found = (await lasting.list()).find((deployed) => deployed.fleetId === fleetId);
  if (!found) throw notThere(fleetId);
  return [ofState(found), ...ofEnd(found)];
}

function notThere(fleetId: string): LoadwrightError {
  return new LoadwrightError('CONFIG_INVALID', `fleet: nothing of ${fleetId} exists`, {
    hint: 'See which fleets are deployed.',
    next: [{ action: 'list-fleets' }],
  });
}

function ofState({ fleetId, state, problem, resources }: DeployedFleet): Finding {
  const about = { subject: 'fleet', evidence: resources } as const;
  const remove = [{ action: 'destroy-fleet', fleetId }] as const;
  switch (state) {
    case 'running':
    case 'starting':
      return { ...about, state: 'good', detail: `${state}, ${resources.length} resources with its tags` };
    case 'other-version':
      return {
        ...about,
        state: 'problem',
        detail: problem ?? 'another version of Loadwright made it',
        remedy: 'Use the version that made it.',
      };
    case 'stopped':
      return {
        ...about,
        state: 'problem',
        detail: 'its machine is stopped',
        remedy: 'Start the machine again, or remove the fleet.',
        next: remove,
      };
    case 'incomplete':
      return {
        ...about,
        state: 'problem',
        detail: 'no machine is there yet: it is being deployed, or that was interrupted',
        remedy: 'Wait for the command that deploys it; if there is none, remove the fleet.',
        next: remove,
      };
    default:
      return {
        ...about,
        state: 'problem',
        detail:
          state === 'expired'
            ? 'its time to live is over, and its machines end'
            : 'its machines are gone, and what is left of it does no work',
        remedy: 'Remove what is left of it, and deploy another.',
        next: [...remove, { action: 'deploy-fleet' }],
      };
  }
}

function ofEnd({ expiresAt }: DeployedFleet): Finding[] {
  if (!expiresAt || expiresAt.getTime() < Date.now()) return [];
  const detail = `its machines end at ${expiresAt.toISOString()}`;
  return [{ subject: 'time to live', state: 'good', detail }];
}

/** What can be seen of every fleet that can be opened. */
async function look(handle: FleetHandle, { signal }: CallOptions): Promise<Finding[]> {
  const nodes = await handle.status().catch(() => undefined);
  const machines = nodes ? ofNodes(nodes) : [unknown('machines', 'their state could not be read')];
  try {
    const statistics = await askMaster(handle, (limit) =>
      masterOf(handle).statistics({ signal: signal ? AbortSignal.any([signal, limit]) : limit }),
    );
    const answers = { subject: 'web UI', state: 'good', detail: `${handle.masterUrl} answers` } as const;
    return [...machines, answers, ofWorkers(handle, statistics)];
  } catch (error) {
    return [
      ...machines,
      problemOf('web UI', error),
      unknown('workers', 'only the master knows them, and it does not answer'),
    ];
  }
}

const unknown = (subject: string, detail: string): Finding => ({ subject, state: 'unknown', detail });

function ofNodes(nodes: readonly FleetNode[]): Finding[] {
  const ended = nodes.filter(({ state }) => state === 'failed' || state === 'stopped');
  if (ended.length === 0) {
    const starting = nodes.filter(({ state }) => state === 'starting').length;
    const detail = `${nodes.length} processes${starting > 0 ? `, ${starting} of them starting` : ' running'}`;
    return [{ subject: 'machines', state: 'good', detail }];
  }
  // Those that share a reason share a finding: fifty workers may have one cause.
  const byReason = new Map<string, FleetNode[]>();
  for (const node of ended) {
    const key = JSON.stringify([node.reason, node.remedy]);
    byReason.set(key, [...(byReason.get(key) ?? []), node]);
  }
  return [...byReason.values()].map((same) => ({
    subject: 'machines',
    state: 'problem',
    detail: `${same.map(({ name }) => name).join(', ')} ended: ${same[0]?.reason ?? 'no reason is known'}`,
    remedy: same[0]?.remedy ?? 'Read the logs of the fleet.',
  }));
}

function ofWorkers({ expectedWorkers, fleetId }: FleetHandle, { workers }: MasterStatistics): Finding {
  const connected = workers.filter(({ state }) => !absentStates.has(state)).length;
  const detail = `${connected} of ${expectedWorkers} connected`;
  if (connected >= expectedWorkers) return { subject: 'workers', state: 'good', detail };
  const others = workers.filter(({ state }) => absentStates.has(state));
  return {
    subject: 'workers',
    state: 'problem',
    detail,
    evidence: others.map(({ id, state }) => `${id}: ${state}`),
    remedy:
      'Read the logs of the workers. They reach the master over its port 5557, which only machines of the fleet may use.',
    next: [{ action: 'show-fleet-logs', fleetId }],
  };
}

function problemOf(subject: string, error: unknown): Finding {
  if (!isLoadwrightError(error)) return { subject, state: 'problem', detail: messageOf(error) };
  const { message, hint, next } = error;
  return { subject, state: 'problem', detail: message, ...(hint !== undefined && { remedy: hint }), next };
}
