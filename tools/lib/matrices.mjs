import { execute } from './processes.mjs';
import { vitest } from './test-runners.mjs';

/**
 * Test files of which `npm test` has nothing: they compute for many seconds, and it takes their ways in another file. They are those of the matrix `whole`. By folder.
 */
export const apart = {
  'tools/aws-stand-in': ['containers/locust-containers', 'enforcement'].map(
    (name) => `src/ecs/${name}.test.ts`,
  ),
  'packages/infra': [
    ...['broken-accounts', 'conformance', 'end-from-outside', 'refusals', 'resume', 'same-run'].map(
      (name) => `test/ec2/${name}.test.ts`,
    ),
    ...['conformance', 'diagnose', 'many', 'policy'].map((name) => `test/ecs/${name}.test.ts`),
    ...['ensure-locust', 'managed-locust'].map((name) => `test/local/${name}.test.ts`),
    ...['abort-on-fail', 'client-certificate', 'exhaustion', 'stall'].map(
      (name) => `test/run/${name}.test.ts`,
    ),
  ],
  'packages/cli': [
    ...[
      'create-target',
      'calibrate.e2e',
      'ec2.e2e',
      'ecs.e2e',
      'import.e2e',
      'renewal',
      'run-on.e2e',
      'size.e2e',
      'streaming',
      'two-kinds',
      'workflow.e2e',
    ].map((name) => `test/${name}.test.ts`),
  ],
  'packages/core': ['src/testing/target-load-checks.test.ts'],
  'packages/targets': [
    'test/conformance.test.ts',
    'test/databricks/sdk.test.ts',
    ...['scaling-killed', 'snippets'].map((name) => `test/sagemaker/${name}.test.ts`),
  ],
  docs: ['test/examples.test.ts', 'test/programs.test.ts'],
};

/**
 * Tests that are too many for `npm test`, which tries a handful of each or none. `.ci/run` tries one of `parts` equal parts,
 * another one with each commit, and `npm run test:<name>` tries everything.
 *
 * tests: folders, and which files or folders of tests there; workers: how many files at a time, where they do not only wait;
 * title: what holds when they pass.
 */
export const matrices = {
  leaks: {
    tests: { 'packages/infra': ['ec2', 'ecs'].map((kind) => `test/${kind}/leaks.test.ts`) },
    parts: 30,
    title: 'nothing left behind in AWS, whichever call fails',
  },
  truth: {
    tests: { 'packages/infra': ['test/truth'], 'packages/cli': ['test/truth'] },
    parts: 3,
    title: 'no liar gets PASS, and every request is accounted for',
  },
  safety: {
    tests: { 'packages/cli': ['test/safety'] },
    parts: 4,
    title: 'a load ends, and so does each phase, whatever sleeps or freezes',
  },
  command: {
    tests: {
      'packages/cli': ['demo', 'interrupt', 'run-options', 'secrets'].map(
        (name) => `test/${name}.e2e.test.ts`,
      ),
    },
    parts: 1,
    // The demo judges what it measures, on a machine that has the time for it.
    workers: 1,
    title: 'the command with each kind of target, in each phase',
  },
  whole: {
    tests: {
      'tools/aws-stand-in': apart['tools/aws-stand-in'],
      'packages/core': [
        'src/calibrate/coverage.test.ts',
        'src/compare/error-rates.test.ts',
        ...apart['packages/core'],
      ],
      'packages/infra': [
        'test/ec2/policy.test.ts',
        ...['fleet', 'fleet-failures', 'parent-ends'].map((name) => `test/local/${name}.test.ts`),
        ...['deploy', 'open-model', 'preflight', 'run'].map((name) => `test/run/${name}.test.ts`),
        ...apart['packages/infra'],
      ],
      'packages/cli': [
        'test/ec2-run.e2e.test.ts',
        'test/preflight-identity.test.ts',
        'test/run.e2e.test.ts',
        ...apart['packages/cli'],
      ],
      'packages/targets': apart['packages/targets'],
      docs: apart.docs,
    },
    parts: 1,
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
 * Tries cases of a matrix, and says how to try the same again.
 *
 * @param {keyof typeof matrices} name
 * @param {{ env: NodeJS.ProcessEnv, choice: string, args?: string[] }} options choice: `all`, or a part such as `17/3`;
 * args: more for vitest, such as `-t <name of a case>`
 */
export async function checkMatrix(name, { env, choice, args }) {
  process.stdout.write(`These cases again: npm run test:${name} -- ${choice}\n`);
  const { tests, workers = waitingWorkers } = matrices[name];
  const all = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [folder, files] of Object.entries(tests)) {
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
