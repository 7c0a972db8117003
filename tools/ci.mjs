/**
 * The second half of `.ci/run`, after `npm test`: the packages as a stranger gets them, the report in a real browser,
 * licences and known vulnerabilities, unused code, a large payload file, the compose files, an older Locust, and a second
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
import { checkRegistries } from './ci/registries.mjs';
import { checkService } from './ci/service.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { checkMatrix, matrices, partOfThisCommit, waitingWorkers } from './lib/matrices.mjs';
import { bin, packages, root } from './lib/paths.mjs';
import { mustRun, onSignal } from './lib/processes.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';
import { vitest } from './lib/test-runners.mjs';

onSignal();
const environment = createTestEnvironment();
const env = environment.variables;
const major = Number(process.versions.node.split('.')[0]);
const otherNode = major >= 22 ? '20.19' : '24';

/**
 * Long tests that have just run and hardly meet Node, or whose way through Node another test takes, too. What is left
 * starts Locust, talks to AWS, follows signals and streams.
 */
const notAboutNode = {
  infra: [
    'test/run/**',
    'test/truth/**',
    'test/machine/**',
    'test/ecs/{conformance,leaks,many}.test.ts',
    'test/ec2/{broken-accounts,failed-preparation,leaks,machine-roles,policy,removal,resume,same-run}.test.ts',
  ],
  cli: ['test/{truth,safety}/**', 'test/{demo,ec2,ecs,run-on,run-options,secrets,size}.e2e.test.ts'],
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
  await checkConsumer(ledger, { env, folder: environment.folder, tarballs });
  await checkService(ledger, { env });
}

/** What needs more of the machine. */
async function machines() {
  await ledger.stage("a machine's own units with a real systemd", checkBoots);
  await ledger.stage("a machine's own files with a Docker engine", () => checkDockerMachine(env));
  await ledger.stage('images in a real registry, read by crane and skopeo', () => checkRegistries(env));
}

async function browserAndMemory() {
  await ledger.stage('Chromium', ensureChromium);
  await ledger.stage('the report in a browser', () =>
    vitest('packages/core', { env, config: 'vitest.browser.config.ts', report: 'browser' }),
  );
  await ledger.stage('a run in a browser', () =>
    vitest('packages/cli', { env, config: 'vitest.browser.config.ts', report: 'browser-run' }),
  );
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

async function secondNode() {
  let node;
  await ledger.stage(`Node ${otherNode}`, async () => {
    node = await installNode(otherNode, { folder: join(environment.folder, 'node'), env });
  });
  if (!node) return;
  const second = { ...env, PATH: `${node}${delimiter}${env.PATH}` };
  const binary = join(node, 'node');
  for (const name of packages) {
    await ledger.stage(`tests of ${name} on Node ${otherNode}`, () =>
      vitest(`packages/${name}`, {
        // What `npm test` tries a part of: all of it that meets Node.
        env: { ...second, LOADWRIGHT_MATRIX: 'all' },
        node: binary,
        exclude: notAboutNode[name],
        args: [`--maxWorkers=${waitingWorkers}`],
      }),
    );
  }
  const results = join(environment.folder, 'results');
  const demo = [join(root, 'packages/cli/dist/bin.js'), 'demo', '--duration', '5s', '--results', results];
  await ledger.stage(`the demo on Node ${otherNode}`, () =>
    mustRun(binary, demo, { env: second }).then(() => undefined),
  );
}

await withLedger(ledger, async () => {
  // Its loads must PASS, and one that is measured beside other work is slow, or INVALID.
  await ledger.lanes([asAStranger]);
  // apt and Docker are one at a time, and so is what takes the machine's memory; the rest waits for most of its time. Each
  // lane has about a third of it, so that no lane is left alone with half of the machine idle.
  await ledger.lanes([
    async () => {
      await machines();
      await audit(ledger, { env, folder: environment.folder });
      await browserAndMemory();
      await secondNode();
    },
    () => everyMatrix((name) => name !== 'leaks'),
    async () => {
      // Counts, and times nothing: it may be beside anything.
      await checkPeers(ledger, { folder: environment.folder });
      await checkOlderLocust(ledger, { env, folder: environment.folder });
      await everyMatrix((name) => name === 'leaks');
    },
  ]);
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
