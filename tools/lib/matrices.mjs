import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { execute } from './processes.mjs';
import { vitest } from './test-runners.mjs';

/**
 * Tests of which each has a fleet change under a load, within limits of time that a machine with other work cannot keep: those of the
 * matrix `alone`. By folder.
 */
const alone = { 'packages/infra': ['test/ecs/under-load.test.ts'] };

/** Of the package infra: what {@link apart} and {@link inTurns} share. */
const infraInTurns = [
  ...['broken-accounts', 'conformance', 'end-from-outside', 'refusals', 'resume', 'same-run'].map(
    (name) => `test/ec2/${name}.test.ts`,
  ),
  ...[
    'broken-accounts',
    'busy-services',
    'conformance',
    'diagnose',
    'fargate',
    'many',
    'network-acls',
    'policy',
    'scale-at-once',
    'templates',
  ].map((name) => `test/ecs/${name}.test.ts`),
  'test/leaks/throttled.test.ts',
  ...['ensure-locust', 'managed-locust'].map((name) => `test/local/${name}.test.ts`),
];

/**
 * Test files of which `npm test` has nothing: they compute for many seconds, and it takes their ways in another file. They are those of the matrix `whole`. By folder.
 */
export const apart = {
  'tools/aws-stand-in': [
    ...['ecs/containers/locust-containers', 'ecs/ecs', 'ecs/enforcement'],
    ...['enforcement', 'faults', 'machines'],
  ].map((name) => `src/${name}.test.ts`),
  'packages/infra': [
    ...infraInTurns,
    ...alone['packages/infra'],
    ...['abort-on-fail', 'client-certificate', 'exhaustion', 'stall'].map(
      (name) => `test/run/${name}.test.ts`,
    ),
  ],
  e2e: [
    'mcp',
    'mcp-ecs',
    'mlflow',
    'baseline',
    'create-target',
    'databricks',
    'dht-ring',
    'calibrate',
    'calibrate-invalid',
    'calibrate-killed',
    'compare-pairs',
    'compare-rings',
    'ec2-fleet',
    'ecs',
    'ecs-fargate',
    'import',
    'renewal',
    'replay',
    'run-on',
    'sagemaker-async',
    'sagemaker-latency',
    'sagemaker-sso',
    'scaling-account',
    'scaling-verify',
    'size',
    'streaming',
    'two-kinds',
    'workflow',
    'workflow-killed',
  ].map((name) => `${name}.test.ts`),
  'packages/core': ['src/exporters/sums.test.ts', 'src/testing/target-load-checks.test.ts'],
  'packages/targets': [
    'test/conformance.test.ts',
    ...['scaling-killed', 'sdk'].map((name) => `test/databricks/${name}.test.ts`),
    ...['scaling-killed', 'snippets'].map((name) => `test/sagemaker/${name}.test.ts`),
  ],
  docs: ['examples', 'exporter-plugin', 'programs', 'shell-blocks', 'target-examples'].map(
    (name) => `test/${name}.test.ts`,
  ),
};

/** Files of {@link apart} that take minutes each and judge times: `.ci/run`, which has other work beside its tests, leaves them out. */
const long = { e2e: ['compare-pairs', 'scaling-verify'].map((name) => `${name}.test.ts`) };

/**
 * Files of {@link apart} each of which takes one way of a user from its beginning to its report. What such ways share, the matrix
 * `whole` and `npm test` try with each commit.
 */
const journeys = {
  e2e: [
    ...[
      'baseline',
      'calibrate',
      'calibrate-invalid',
      'calibrate-killed',
      'compare-rings',
      'create-target',
      'databricks',
      'dht-ring',
      'import',
      'mcp',
      'mcp-ecs',
      'mlflow',
      'renewal',
      'replay',
    ],
    ...[
      'sagemaker-async',
      'sagemaker-latency',
      'sagemaker-sso',
      'scaling-account',
      'size',
      'streaming',
      'workflow',
      'workflow-killed',
    ],
  ].map((name) => `${name}.test.ts`),
};

/** Minutes of arithmetic, the same anywhere. */
const statistics = {
  'packages/core': [
    'src/calibrate/causes.test.ts',
    'src/calibrate/coverage.test.ts',
    ...['one-run', 'pairs', 'requirements'].map((of) => `src/compare/error-rates-of-${of}.test.ts`),
  ],
};

/**
 * Files of {@link apart} that try one law each on another fleet, with another target, in another account or from another state:
 * `.ci/run` has a part of them with each commit. By folder.
 */
const inTurns = {
  'tools/aws-stand-in': apart['tools/aws-stand-in'],
  'packages/infra': infraInTurns,
  'packages/core': ['src/testing/target-load-checks.test.ts'],
  'packages/targets': apart['packages/targets'],
  docs: ['exporter-plugin', 'programs', 'target-examples'].map((name) => `test/${name}.test.ts`),
  e2e: ['ec2-fleet', 'ecs', 'ecs-fargate', 'run-on', 'two-kinds'].map((name) => `${name}.test.ts`),
};

/**
 * Tests that are too many for `npm test`, which tries a handful of each or none. `.ci/run` tries one of `parts` equal parts,
 * another one with each commit, and `npm run test:<name>` tries everything.
 *
 * tests: folders, and which files or folders of tests there; inTurns: those of the files that a part of the cases leaves out,
 * or has whole; workers: how many files at a time, where they do not only wait;
 * title: what holds when they pass.
 */
export const matrices = {
  leaks: {
    tests: {
      'packages/infra': ['ec2/leaks', 'ecs/leaks', 'ecs/fargate-leaks'].map((name) => `test/${name}.test.ts`),
    },
    parts: 40,
    title: 'nothing left behind in AWS, whichever call fails',
  },
  truth: {
    tests: { 'packages/infra': ['test/truth'], e2e: ['truth'] },
    parts: 3,
    title: 'no liar gets PASS, and every request is accounted for',
  },
  safety: {
    tests: { e2e: ['safety'] },
    parts: 4,
    title: 'a load ends, and so does each phase, whatever sleeps or freezes',
  },
  command: {
    tests: {
      e2e: ['demo', 'interrupt', 'run-options', 'secrets'].map((name) => `${name}.test.ts`),
    },
    parts: 3,
    // The demo judges what it measures, on a machine that has the time for it.
    workers: 1,
    title: 'the command with each kind of target, in each phase',
  },
  alone: {
    tests: alone,
    parts: 1,
    workers: 1,
    title: 'a load whose machines become more, and end',
  },
  long: {
    tests: long,
    parts: 1,
    workers: 1,
    title: 'scaling verified by real load, and twenty pairs of runs compared',
  },
  statistics: {
    tests: statistics,
    inTurns: statistics,
    parts: 5,
    title: 'intervals, causes and error rates over hundreds of simulated services',
  },
  journeys: {
    tests: journeys,
    inTurns: journeys,
    parts: 3,
    // They judge loads.
    workers: 1,
    title: 'ways of users, each from its beginning to its report',
  },
  whole: {
    tests: {
      'tools/aws-stand-in': apart['tools/aws-stand-in'],
      'packages/core': apart['packages/core'],
      'packages/infra': [
        'test/ec2/policy.test.ts',
        ...['fleet', 'fleet-failures', 'parent-ends'].map((name) => `test/local/${name}.test.ts`),
        ...['deploy', 'open-model', 'preflight', 'run'].map((name) => `test/run/${name}.test.ts`),
        ...apart['packages/infra'].filter((file) => !alone['packages/infra'].includes(file)),
      ],
      e2e: [
        'ec2-run.test.ts',
        'preflight-identity.test.ts',
        'run.test.ts',
        ...apart.e2e.filter((file) => ![...long.e2e, ...journeys.e2e].includes(file)),
      ],
      'packages/targets': apart['packages/targets'],
      docs: ['test/blocks.test.ts', ...apart.docs],
    },
    inTurns,
    parts: 4,
    // They judge loads, and two lanes are beside them.
    workers: 1,
    title: 'whole runs: fleets that stand, examples of the documentation, each permission',
  },
};

/** How many files of tests that wait more than they work, for processes and for loads to end, are under way at a time. */
export const waitingWorkers = 3;

/** What `LOADWRIGHT_MATRIX` says in `.ci/run`: a number that grows by one with each commit picks the part. */
export async function partOfThisCommit({ parts }) {
  const { code, stdout } = await execute('git', ['rev-list', '--count', 'HEAD'], { quiet: true });
  const number = code === 0 ? Number(stdout) : Math.floor(Date.now() / 86_400_000);
  return `${number}/${parts}`;
}

/**
 * The files of a matrix that a choice has, by folder: all but the files of other parts among those that take turns.
 *
 * @param {{ tests: Record<string, string[]>, inTurns?: Record<string, string[]> }} matrix
 * @param {string} choice `all`, or a part such as `17/3`
 */
export function filesToTry({ tests, inTurns = {} }, choice) {
  const [seed, parts] = choice === 'all' ? [0, 1] : choice.split('/').map(Number);
  // An order that mixes neighbours.
  const digest = (text) => createHash('sha256').update(text).digest('hex');
  const turns = Object.entries(inTurns)
    .flatMap(([folder, files]) => files.map((file) => join(folder, file)))
    .sort((one, other) => (digest(one) < digest(other) ? -1 : 1));
  const left = new Set(turns.filter((_, place) => place % parts !== seed % parts));
  return Object.fromEntries(
    Object.entries(tests)
      .map(([folder, files]) => [folder, files.filter((file) => !left.has(join(folder, file)))])
      .filter(([, files]) => files.length > 0),
  );
}

/**
 * Tries cases of a matrix, and says how to try the same again.
 *
 * @param {keyof typeof matrices} name
 * @param {{ env: NodeJS.ProcessEnv, choice: string, args?: string[] }} options choice: `all`, or a part such as `17/3`;
 * args: more for vitest, such as `-t <name of a case>`
 */
export async function checkMatrix(name, { env, choice, args }) {
  process.stdout.write(`These cases again: npm run test:${name} -- ${choice}\n`);
  const { workers = waitingWorkers } = matrices[name];
  const all = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [folder, files] of Object.entries(filesToTry(matrices[name], choice))) {
    const report = `${name}-${folder.replace('packages/', '').replaceAll('/', '-')}`;
    const one = await vitest(folder, {
      env: { ...env, LOADWRIGHT_MATRIX: choice },
      files,
      args: [`--maxWorkers=${workers}`, ...(args ?? [])],
      report,
    });
    for (const count of ['passed', 'failed', 'skipped']) all[count] += one[count];
    all.failures.push(...one.failures);
  }
  return all;
}
