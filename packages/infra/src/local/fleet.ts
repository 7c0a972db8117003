import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  digestWithoutLoad,
  LoadwrightError,
  type CallOptions,
  type Fleet,
  type FleetHandle,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import { ensureLocust } from './ensure-locust.js';
import { LocalHandle } from './handle.js';
import type { LocustInstallation } from './locust-command.js';
import { resolveOptions, type LocalFleetOptions, type LocalFleetSettings } from './options.js';
import { freePorts, isPortFree } from '../process/ports.js';
import { probeWith } from './probe.js';
import { startNodes } from './start.js';
import { takenPort, webPortTaken, type FleetPorts } from './startup-failure.js';

/** Between choosing a free port and Locust's binding it another program may take it; that is rare, so a few times do. */
const portAttempts = 5;

/** The fleets of this process, by run id. */
const handles = new Map<string, FleetHandle>();

/**
 * A Locust master and its workers as processes of this machine, reachable from this machine only.
 *
 * The web UI has a generated login. What the target needs to know reaches the workers, and only them, through their
 * environment. The fleet lives no longer than this process, however that ends.
 *
 * @throws LoadwrightError `CONFIG_INVALID` for a wrong option.
 */
export function localFleet(options: LocalFleetOptions = {}): Fleet {
  const settings = resolveOptions(options);
  let found: LocustInstallation | undefined;
  /** To look takes the start of a Python: once is enough for this fleet, for as long as the command is there. */
  const findOnce = async (call: CallOptions & { readonly onProgress: (message: string) => void }) => {
    if (!found || !existsSync(found.executable) || call.signal?.aborted) {
      found = await ensureLocust(options, call);
    }
    return found;
  };
  return {
    specificationVersion: 1,
    kind: 'local',

    async plan({ workers }) {
      return {
        resources: [
          'a Locust master as a process of this machine, its web UI on 127.0.0.1 only',
          `${workers} Locust ${workers === 1 ? 'worker as a process' : 'workers as processes'} of this machine`,
        ],
        pricePerHour: { usDollars: 0, source: 'this machine' },
        permissions: [],
      };
    },

    async prepareProbe(callOptions) {
      const { executable } = await findOnce(callOptions);
      return probeWith(executable, settings.environment);
    },

    async provision(request) {
      const locust = await findOnce(request);
      const handle = await provision(locust.executable, settings, request);
      handles.set(request.fleetId, handle);
      return handle;
    },

    /** Only the fleets of this process exist: each of its processes ends with it, even when it is killed. */
    async open(fleetId) {
      const handle = handles.get(fleetId);
      if (handle) return handle;
      throw new LoadwrightError('PROVISIONING_FAILED', `There is no local fleet ${fleetId}.`, {
        hint: 'A local fleet ends with the process that made it; its logs are in the results folder of the run.',
      });
    },
  };
}

async function provision(
  executable: string,
  settings: LocalFleetSettings,
  request: ProvisionRequest,
): Promise<FleetHandle> {
  await mkdir(request.logDirectory, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(settings.webPort);
    const handle = makeHandle(ports, request);
    try {
      await startNodes({ executable, handle, ports, request, settings });
      return handle;
    } catch (error) {
      await destroyAfter(error, handle);
      const taken = handle.nodes.map((node) => takenPort(node, ports)).find(Boolean);
      if (taken === 'web' && settings.webPort) throw webPortTaken(settings.webPort, error);
      if (!taken || attempt === portAttempts || request.signal.aborted) throw error;
      request.onProgress(`Port ${ports[taken]} was taken in the meantime; trying others`);
    }
  }
}

async function choosePorts(webPort: number | undefined): Promise<FleetPorts> {
  if (webPort !== undefined && !(await isPortFree(webPort))) throw webPortTaken(webPort);
  const [master = 0, web = 0] = await freePorts(2);
  return { master, web: webPort ?? web };
}

function makeHandle(ports: FleetPorts, request: ProvisionRequest): LocalHandle {
  const { fleetId, workers, logDirectory, environment, bundle, redact } = request;
  return new LocalHandle({
    fleetId,
    masterUrl: `http://127.0.0.1:${ports.web}`,
    login: { username: 'loadwright', password: randomBytes(24).toString('base64url') },
    expectedWorkers: workers,
    secrets: Object.values(environment).filter((value) => redact(value) !== value),
    bundleDigest: digestWithoutLoad(bundle),
    workingDirectory: join(logDirectory, 'csv'),
    onDestroyed: () => handles.delete(fleetId),
  });
}

/** @throws LoadwrightError `RESOURCES_REMAIN` when not everything could be removed. */
async function destroyAfter(error: unknown, handle: LocalHandle): Promise<void> {
  const { remaining } = await handle.destroy();
  if (remaining.length === 0) return;
  throw new LoadwrightError(
    'RESOURCES_REMAIN',
    ['The fleet did not start, and some of it is left:', ...remaining].join('\n  '),
    { hint: 'End the processes by hand.', cause: error },
  );
}
