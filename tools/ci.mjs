/**
 * The second half of `.ci/run`, after `npm test`: the packages as a stranger gets them, report and documentation in a
 * real browser, licences and known vulnerabilities, unused code, a large payload file, the compose files, an older Locust, and a second
 * version of Node.
 */
import { readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { audit } from './audit/stages.mjs';
import { checkBoots } from './ci/boots.mjs';
import { checkConsumer } from './ci/consumer.mjs';
import { checkDockerMachine } from './ci/docker-machine.mjs';
import { ensureChromium, installNode } from './ci/machine.mjs';
import { checkOlderLocust } from './ci/older-locust.mjs';
import { checkPackages } from './ci/packages.mjs';
import { checkPeers } from './ci/peers.mjs';
import { checkPrintedCommands } from './ci/printed-commands.mjs';
import { checkReceivers } from './ci/receivers.mjs';
import { checkRegistries } from './ci/registries.mjs';
import { dryRun } from './ci/registry-dry-run.mjs';
import { checkService } from './ci/service.mjs';
import { checkSite } from './ci/site.mjs';
import { checkSize } from './ci/size.mjs';
import { checkWorkflows } from './ci/workflows.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { checkMatrix, matrices, partOfThisCommit, waitingWorkers } from './lib/matrices.mjs';
import { newestLongTermSupport } from './lib/node-versions.mjs';
import { bin, packages, root } from './lib/paths.mjs';
import { mustRun, onSignal } from './lib/processes.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';
import { vitest } from './lib/test-runners.mjs';

onSignal();
const environment = createTestEnvironment();
const env = environment.variables;
const major = Number(process.versions.node.split('.')[0]);
const otherNode = major >= 22 ? '20.19' : newestLongTermSupport;

/**
 * Long tests that have just run and hardly meet Node, or whose way through Node another test takes, too. What is left
 * starts Locust, talks to AWS, follows signals and streams.
 */
const notAboutNode = {
  // Arithmetic, the same with each version; and loads as the tests of each target make them, too.
  'packages/core': [
    'src/calibrate/{causes,coverage,search,slope}.test.ts',
    'src/compare/{block-length,compare,error-rates-*}.test.ts',
    'src/scaling/simulator/**',
    // Rules and messages: nothing of Node is in them.
    'src/{judge,load,validation}/**',
    'src/testing/target-load-checks.test.ts',
  ],
  'packages/infra': [
    'test/run/**',
    'test/truth/**',
    'test/machine/**',
    'test/local/{ensure-locust,managed-locust}.test.ts',
    'test/leaks/throttled.test.ts',
    'test/ecs/!(kinds|plan).test.ts',
    'test/ec2/!(access|fleet|plan).test.ts',
  ],
  // Loads and requests that are Python's; schemas; and what an answer means, for one `conformance.test.ts` makes preflights.
  'packages/targets': [
    'test/conformance.test.ts',
    'test/{databricks,sagemaker}/scaling-killed.test.ts',
    'test/databricks/sdk.test.ts',
    'test/sagemaker/{signatures,snippets}.test.ts',
    'src/!(sagemaker)/conformance.test.ts',
    'src/chalice/signing.test.ts',
    'src/*/{options,preflight,ring,shape}.test.ts',
  ],
  // Words that must be nowhere.
  'packages/cli': ['test/canaries.test.ts'],
  e2e: [
    '{truth,safety}/**',
    '{create-target,demo,ec2-fleet,ecs,ecs-fargate,mcp,mcp-ecs,replay,baseline,run-on,run-options,secrets,size}.test.ts',
    '{calibrate,calibrate-invalid,import,mlflow,preflight-identity,renewal,streaming,two-kinds}.test.ts',
    '{workflow,workflow-killed}.test.ts',
    '{compare-pairs,compare-rings,dht-ring,import-curl,sagemaker-async,sagemaker-latency,sagemaker-sso,scaling-verify}.test.ts',
  ],
};

function countsOfNpmTest() {
  const file = process.env.LOADWRIGHT_TEST_COUNTS;
  if (!file) return undefined;
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  // Nothing was written: `npm test` broke off.
  return text === '' ? { passed: 0, failed: 1, failures: ['npm test broke off'] } : JSON.parse(text);
}

const ledger = new Ledger(countsOfNpmTest());

/** The packages as a stranger gets them. */
async function asAStranger() {
  const tarballs = await checkPackages(ledger, { env, folder: join(environment.folder, 'tarballs') });
  const { folder } = environment;
  await dryRun(ledger, { env, folder, tarballs }, async (project) => {
    await checkSize(ledger, project);
    await checkConsumer(ledger, { ...project, folder, tarballs });
  });
  await checkService(ledger, { env });
}

/** What needs more of the machine. */
async function machines() {
  await ledger.stage("a machine's own units with a real systemd", checkBoots);
  await ledger.stage("a machine's own files with a Docker engine", () => checkDockerMachine(env));
  await ledger.stage('images in a real registry, read by crane and skopeo', () => checkRegistries(env));
  await ledger.stage('figures of a run in Prometheus, InfluxDB and a StatsD exporter', () =>
    checkReceivers({ env, folder: environment.folder }),
  );
}

async function browserAndMemory() {
  await ledger.stage('Chromium', ensureChromium);
  await ledger.stage('the report in a browser', () =>
    vitest('packages/core', { env, config: 'vitest.browser.config.ts', report: 'browser' }),
  );
  await ledger.stage('a run in a browser', () =>
    vitest('e2e', { env, config: 'vitest.browser.config.ts', report: 'browser-run' }),
  );
  await ledger.stage('the site of the documentation in a browser', () => checkSite({ env }));
  await ledger.stage('a payload file of 1 GB in less than 200 MB of memory', () =>
    vitest('packages/core', {
      env: { ...env, LOADWRIGHT_TEST_PAYLOAD_MEGABYTES: '1024' },
      files: ['src/payloads/memory.test.ts'],
      report: 'memory',
    }),
  );
  await ledger.stage('the public surface is that of the reports', () =>
    mustRun(process.execPath, [join(root, 'tools/api.mjs'), 'check'], { env }).then(() => undefined),
  );
  await ledger.stage("GitHub's workflows, and the action, by actionlint", () =>
    checkWorkflows({ folder: environment.folder }),
  );
  await ledger.stage('unused files, dependencies and exports', () =>
    mustRun(bin('knip'), [], { env }).then(() => undefined),
  );
}

/** @param {(name: keyof typeof matrices) => boolean} isWanted */
async function everyMatrix(isWanted) {
  for (const [name, matrix] of Object.entries(matrices).filter(([each]) => isWanted(each))) {
    await ledger.stage(matrix.title, async () =>
      checkMatrix(name, { env, choice: await partOfThisCommit(matrix) }),
    );
  }
}

/** The second Node, and the environment in which it is the one; undefined where it cannot be had. */
let second;

/** Its demo must PASS. */
async function demoOnSecondNode() {
  await ledger.stage(`Node ${otherNode}`, async () => {
    const folder = await installNode(otherNode, { folder: join(environment.folder, 'node'), env });
    second = {
      binary: join(folder, 'node'),
      env: { ...env, PATH: `${folder}${delimiter}${env.PATH}` },
    };
  });
  if (!second) return;
  const results = join(environment.folder, 'results');
  const demo = [join(root, 'packages/cli/dist/bin.js'), 'demo', '--duration', '5s', '--results', results];
  await ledger.stage(`the demo on Node ${otherNode}`, () =>
    mustRun(second.binary, demo, { env: second.env }).then(() => undefined),
  );
}

async function secondNode() {
  if (!second) return;
  for (const folder of [...packages.map((name) => `packages/${name}`), 'e2e']) {
    await ledger.stage(`tests of ${folder} on Node ${otherNode}`, async () =>
      vitest(folder, {
        // Of what `npm test` tries a handful: another part with each commit.
        env: { ...second.env, LOADWRIGHT_MATRIX: await partOfThisCommit({ parts: 3 }) },
        node: second.binary,
        exclude: notAboutNode[folder],
        args: [`--maxWorkers=${waitingWorkers}`],
      }),
    );
  }
}

await withLedger(ledger, async () => {
  await ledger.stage('build with declarations', ensureBuilt, { required: true });
  // Its loads must PASS, and one that is measured beside other work is slow, or INVALID.
  await ledger.lanes([
    async () => {
      await asAStranger();
      await everyMatrix((name) => name === 'alone');
      await demoOnSecondNode();
      await checkPrintedCommands(ledger, { env });
    },
  ]);
  // The longest first; whichever lane is free takes the next, so that none is left alone with half of the machine idle.
  const works = [
    () => everyMatrix((name) => name === 'whole'),
    // apt and Docker are one at a time, and so is what takes the machine's memory.
    async () => {
      await machines();
      await audit(ledger, { env, folder: environment.folder });
      await browserAndMemory();
    },
    () => everyMatrix((name) => name === 'journeys'),
    () => everyMatrix((name) => name === 'leaks'),
    () => everyMatrix((name) => name === 'statistics'),
    secondNode,
    ...['truth', 'command', 'safety'].map((wanted) => () => everyMatrix((name) => name === wanted)),
    () => checkOlderLocust(ledger, { env, folder: environment.folder }),
    // Counts, and times nothing: it may be beside anything.
    () => checkPeers(ledger, { folder: environment.folder }),
  ];
  const takeNext = async () => {
    for (let work = works.shift(); work !== undefined; work = works.shift()) await work();
  };
  // What is there waits for most of its time.
  await ledger.lanes([takeNext, takeNext, takeNext]);
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
