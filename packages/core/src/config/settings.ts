import { z } from 'zod';
import { maxInFlight } from '../load/arrivals.js';
import { loadProfileSchema } from '../load/profile-schema.js';
import { rateSchema } from '../values/rate.js';
import { nameSchema, preflightSchema, resultsSchema, workersSchema } from '../run/option-schemas.js';

/** A value that a variable or a flag may set. Data: the command makes its flags of it, the documentation its table. */
export interface Setting {
  /** Dotted path in the configuration: `load.users`. */
  readonly path: string;
  /** `LOADWRIGHT_USERS` */
  readonly variable: string;
  /** `--users` */
  readonly flag: string;
  /** What is written after the flag. A `number` is converted; a `folder` is relative to the current folder. */
  readonly type: 'text' | 'number' | 'duration' | 'rate' | 'share' | 'profile' | 'folder';
  readonly description: string;
  /** What is allowed. */
  readonly schema: z.ZodType;
}

const profiles = loadProfileSchema.out.options;
const { users, spawnRate, duration, gracefulStop, logRequests } = profiles[0].shape;
const profileNames = profiles.map((profile) => profile.shape.profile.value);

/** Every setting, in the order in which help shows them. */
export const settings: readonly Setting[] = [
  {
    path: 'load.users',
    variable: 'LOADWRIGHT_USERS',
    flag: '--users',
    type: 'number',
    description: 'virtual users',
    schema: users,
  },
  {
    path: 'load.spawnRate',
    variable: 'LOADWRIGHT_SPAWN_RATE',
    flag: '--spawn-rate',
    type: 'number',
    description: 'users started a second',
    schema: spawnRate.unwrap(),
  },
  {
    path: 'load.arrivalRate',
    variable: 'LOADWRIGHT_ARRIVAL_RATE',
    flag: '--arrival-rate',
    type: 'rate',
    description: 'requests due in a second or minute, such as 500/s or 30000/m, however slow the answers',
    schema: rateSchema(),
  },
  {
    path: 'load.maxInFlight',
    variable: 'LOADWRIGHT_MAX_IN_FLIGHT',
    flag: '--max-in-flight',
    type: 'number',
    description: 'most requests on their way at once, over all workers; with an arrival rate',
    schema: maxInFlight.unwrap(),
  },
  {
    path: 'load.duration',
    variable: 'LOADWRIGHT_DURATION',
    flag: '--duration',
    type: 'duration',
    description: 'length of the load, such as 30s, 5m or 1h30m',
    schema: duration,
  },
  {
    path: 'load.gracefulStop',
    variable: 'LOADWRIGHT_GRACEFUL_STOP',
    flag: '--graceful-stop',
    type: 'duration',
    description: 'how long requests in flight may take after the end of the load, such as 10s',
    schema: gracefulStop.unwrap(),
  },
  {
    path: 'load.logRequests',
    variable: 'LOADWRIGHT_LOG_REQUESTS',
    flag: '--log-requests',
    type: 'share',
    description: 'share of the requests that are logged one by one in requests.jsonl, such as 1%',
    schema: logRequests.unwrap(),
  },
  {
    path: 'load.profile',
    variable: 'LOADWRIGHT_PROFILE',
    flag: '--profile',
    type: 'profile',
    description: `shape of the load: ${profileNames.join(', ')}`,
    schema: z.enum(profileNames),
  },
  {
    path: 'preflight.waitUpTo',
    variable: 'LOADWRIGHT_PREFLIGHT_WAIT_UP_TO',
    flag: '--preflight-wait-up-to',
    type: 'duration',
    description: 'how long to ask a service again that is starting, such as 10m. Default: not at all',
    schema: preflightSchema.shape.waitUpTo.unwrap(),
  },
  {
    path: 'target.baseUrl',
    variable: 'LOADWRIGHT_HOST',
    flag: '--host',
    type: 'text',
    description: 'base URL of the target; on a deployed fleet one of hosts',
    schema: z.string().min(1),
  },
  {
    path: 'target.protocol',
    variable: 'LOADWRIGHT_PROTOCOL',
    flag: '--protocol',
    type: 'text',
    description: 'protocol of a DHT: koorde or chord; a label of the report',
    schema: z.string().min(1),
  },
  {
    path: 'target.urls.count',
    variable: 'LOADWRIGHT_URL_POOL',
    flag: '--url-pool',
    type: 'number',
    description: 'number of URLs that a DHT is asked for',
    schema: z.int().min(1),
  },
  {
    path: 'workers',
    variable: 'LOADWRIGHT_WORKERS',
    flag: '--workers',
    type: 'number',
    description: 'load-generating processes. Default: as many as suit the fleet',
    schema: workersSchema,
  },
  {
    path: 'name',
    variable: 'LOADWRIGHT_NAME',
    flag: '--name',
    type: 'text',
    description: 'name of the results folder of this test',
    schema: nameSchema,
  },
  {
    path: 'results',
    variable: 'LOADWRIGHT_RESULTS',
    flag: '--results',
    type: 'folder',
    description: 'folder of all results',
    schema: resultsSchema,
  },
];
