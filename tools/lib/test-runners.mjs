import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { output } from './output.mjs';
import { bin, cacheFolder, pythonBin, root } from './paths.mjs';
import { CommandFailed, execute } from './processes.mjs';

function reportFile(name) {
  mkdirSync(cacheFolder, { recursive: true });
  const file = join(cacheFolder, name);
  rmSync(file, { force: true });
  return file;
}

/**
 * Runs tests of vitest.
 *
 * @param {string} folder relative to the root; the root's own: the tests of all folders in one pool
 * @param {{ env: NodeJS.ProcessEnv, config?: string, files?: string[], exclude?: string[], args?: string[], node?: string,
 * report?: string }} options config: another configuration file than the folder's own; files: only these; exclude:
 * patterns of files that are left out; args: more arguments; node: the binary to run it with; report: a name for its
 * report, where the folder's name has another
 * @returns {Promise<{ passed: number, failed: number, skipped: number, failures: string[] }>}
 */
export async function vitest(folder, options) {
  const { env, config, files = [], exclude = [], args: more = [], node = process.execPath } = options;
  const file = reportFile(`vitest-${options.report ?? folder.replaceAll('/', '-')}.json`);
  const args = [bin('vitest'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  if (config) args.push('--config', config);
  args.push(...files, ...exclude.flatMap((pattern) => ['--exclude', pattern]), ...more);
  const { code, output: said } = await execute(node, args, { cwd: join(root, folder), env });
  const report = JSON.parse(readReport(file, `vitest in ${folder}`, code));
  output().write(`${countsByFolder(report.testResults)}\n`);
  const { numPassedTests, numFailedTests, numPendingTests, success } = report;
  // A file that cannot be loaded, or an error outside any test, fails no test of its own.
  const failed = numFailedTests === 0 && (!success || code !== 0) ? 1 : numFailedTests;
  const failures = report.testResults.flatMap(failuresOfFile);
  if (code !== 0) failures.push(...outsideTests(said));
  return { passed: numPassedTests, failed, skipped: numPendingTests, failures };
}

/** What vitest says of errors that belong to no test, such as those of hooks: its report lacks most of them. */
function outsideTests(said) {
  const lines = stripVTControlCharacters(said).split('\n');
  const first = lines.findIndex((line) => /Failed Suites|Unhandled (Error|Rejection)|\[vitest-/.test(line));
  return first === -1 ? [] : [lines.slice(first, first + 40).join('\n')];
}

function failuresOfFile({ name, message, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return message ? [`${file}: ${message}`] : [];
  return failed.map(({ fullName, failureMessages }) =>
    [`${file}: ${fullName}`, ...failureMessages.join('\n').split('\n').slice(0, 40)].join('\n  '),
  );
}

/** `tools 34, packages/core 674`: how many tests passed in each folder. */
function countsByFolder(testResults) {
  const counts = new Map();
  for (const { name, assertionResults } of testResults) {
    const [top, second] = relative(root, name).split('/');
    const folder = top === 'packages' || second === 'aws-stand-in' ? `${top}/${second}` : top;
    const passed = assertionResults.filter(({ status }) => status === 'passed').length;
    counts.set(folder, (counts.get(folder) ?? 0) + passed);
  }
  return [...counts]
    .map(([folder, passed]) => `${folder} ${passed}`)
    .sort()
    .join(', ');
}

/** How many pytest processes: tests wait more than they work. */
const pythonProcesses = 4;

/**
 * Runs tests of Python.
 *
 * @param {{ env: NodeJS.ProcessEnv, python?: string, files?: string[], report?: string }} options python: of another
 * environment than that of the tests; files: only these, or all; report: a name for its reports
 */
export async function pytest({ env, python = pythonBin('python'), files = [], report = 'pytest' }) {
  const claims = mkdtempSync(join(tmpdir(), 'loadwright-claims-'));
  const shared = {
    ...env,
    PYTHONPATH: join(root, 'tools', 'lib'),
    LOADWRIGHT_TEST_CLAIMS: claims,
  };
  try {
    const counts = await Promise.all(
      Array.from({ length: pythonProcesses }, (_, index) =>
        onePytest(python, files, shared, `${report}-${index + 1}`),
      ),
    );
    const sum = (what) => counts.reduce((total, one) => total + one[what], 0);
    const failures = counts.flatMap((one) => one.failures);
    return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures };
  } finally {
    rmSync(claims, { recursive: true });
  }
}

async function onePytest(python, files, env, name) {
  const file = reportFile(`${name}.xml`);
  const { code, output: said } = await execute(
    python,
    ['-m', 'pytest', '-p', 'share_tests', `--junit-xml=${file}`, ...files],
    { env, quiet: true },
  );
  output().write(said);
  const suite = /<testsuite [^>]*>/.exec(readReport(file, 'pytest', code))?.[0] ?? '';
  const count = (what) => Number(new RegExp(` ${what}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const broken = count('failures') + count('errors');
  const skipped = count('skipped');
  return {
    passed: count('tests') - broken - skipped,
    failed: broken === 0 && code !== 0 ? 1 : broken,
    skipped,
    failures: said.match(/^(FAILED|ERROR) .*$/gm) ?? [],
  };
}

function readReport(file, what, code) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new CommandFailed(what, [], `${code}, before it wrote its report`, '');
  }
}
