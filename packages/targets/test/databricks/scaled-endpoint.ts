import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { changeScaling, type ScaledEndpoint } from '@loadwright/core/scaling';
import { validate, type ScalingState } from '@loadwright/core/target';
import { databricksEmulator, type DatabricksEmulator } from '../../src/databricks/emulator.js';
import { databricksOptionsSchema, type DatabricksOptions } from '../../src/databricks/options.js';
import { databricksScaling } from '../../src/databricks/scaling/index.js';
import { pauses } from '../../src/databricks/workspace.js';
import { startBreakingProxy, type BreakingProxy } from '../breaking-proxy.js';

const capacity = { requestsPerSecond: { low: 100, high: 100 }, serviceSeconds: 0.1 };
const demand = {
  ...{ peakPerSecond: 100, basePerSecond: 20, rampSeconds: 7200 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};

/** A secret among what the API answers: it must rest nowhere. */
export const secret = 'made-up-but-secret';

/** Two entities of an endpoint: one that scales between limits, and one of a size that scales to zero. */
export const twoEntities = [
  {
    ...{ name: 'current', entity_name: 'main.models.prices', entity_version: '7', workload_type: 'CPU' },
    ...{ min_provisioned_concurrency: 8, max_provisioned_concurrency: 16, scale_to_zero_enabled: false },
    environment_vars: { API_KEY: secret },
  },
  {
    ...{ name: 'challenger', entity_name: 'main.models.prices', entity_version: '8' },
    ...{ workload_size: 'Small', scale_to_zero_enabled: true, something_new: { kept: true } },
  },
];

export interface EmulatedEndpoint {
  readonly emulator: DatabricksEmulator;
  readonly proxy: BreakingProxy;
  readonly endpoint: ScaledEndpoint<DatabricksOptions>;
  /** What was announced before each change. */
  readonly intents: readonly string[];
  describe(): Promise<ScalingState>;
  /** Everything that the workspace says of the endpoint, but for the number of its configuration. */
  whole(): Promise<unknown>;
  /** Sets what is recommended. */
  apply(changes?: object): Promise<ScalingState>;
  /** Files that wait for a rollback. */
  snapshots(): Promise<string[]>;
  snapshotText(): Promise<string>;
  stop(): Promise<void>;
}

export async function startEmulatedEndpoint(
  emulated: object = { servedEntities: twoEntities },
  target: object = { servedEntity: 'current' },
): Promise<EmulatedEndpoint> {
  Object.assign(pauses, { look: 2, retry: 2 });
  const emulator = (await databricksEmulator.start(
    validate(databricksEmulator.options, { updateTime: '5ms', ...emulated }, { field: 'emulator' }),
  )) as DatabricksEmulator;
  const proxy = await startBreakingProxy(emulator.url);
  const intents: string[] = [];
  const endpoint: ScaledEndpoint<DatabricksOptions> = {
    scaling: databricksScaling,
    options: databricksOptionsSchema.parse({
      ...{ ...emulator.targetOptions, baseUrl: proxy.url, ...target },
      payloads: { inline: [{ rooms: 1 }] },
    }),
    kind: 'databricks',
    snapshotFile: join(await mkdtemp(join(tmpdir(), 'scaling-')), 'kept', 'snapshot.json'),
    context: {
      environment: { ...emulator.environment, DATABRICKS_HOST: proxy.url },
      baseDirectory: '/',
      signal: new AbortController().signal,
      onChange: (intent) => void intents.push(intent),
    },
  };
  const { options, context, snapshotFile } = endpoint;
  return {
    ...{ emulator, proxy, endpoint, intents },
    describe: () => databricksScaling.describe(options, context),
    async whole() {
      const { config, ...answered } = emulator.serving.describe() as { config: Record<string, unknown> };
      return {
        state: await databricksScaling.describe(options, context),
        ...answered,
        ...config,
        config_version: 0,
      };
    },
    apply: (changes = {}) =>
      changeScaling(endpoint, async (found) => {
        const { settings } = databricksScaling.recommend(options, capacity, { ...demand, ...changes }, found);
        await databricksScaling.apply(options, context, settings, found);
      }),
    snapshots: () => readdir(dirname(snapshotFile)).catch(() => []),
    snapshotText: () => readFile(snapshotFile, 'utf8'),
    async stop() {
      await proxy.stop();
      await emulator.stop();
    },
  };
}
