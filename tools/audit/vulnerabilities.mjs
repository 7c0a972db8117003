/** Known vulnerabilities of everything that a user of the packages installs, where the registries tell of them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, root } from '../lib/paths.mjs';
import { execute, mustRun } from '../lib/processes.mjs';
import { findPython } from '../lib/python-environment.mjs';

/**
 * @typedef {{ passed: number, failed: number, failures: string[], notChecked: string[] }} Found notChecked: what nobody
 * could tell, and why
 */

/**
 * What `npm audit` knows of the production dependencies.
 *
 * @param {string} folder of a package-lock.json
 * @param {{ env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Found>}
 */
export async function npmVulnerabilities(folder, { env }) {
  const args = ['audit', '--omit=dev', '--json'];
  const { stdout, output } = await execute('npm', args, { cwd: folder, env, quiet: true });
  const what = 'known vulnerabilities of npm packages';
  let told;
  try {
    told = JSON.parse(stdout);
  } catch {
    return nothingKnown(what, `npm audit said: ${output.trim().split('\n').at(-1)}`);
  }
  if (!told.vulnerabilities) {
    return nothingKnown(
      what,
      told.message || told.error?.summary || 'npm audit gave neither findings nor a reason',
    );
  }
  return found(
    Object.values(told.vulnerabilities).map(({ name, severity, range, via }) => {
      const advisories = via.map((one) =>
        typeof one === 'string' ? `by way of ${one}` : `${one.title} (${one.url})`,
      );
      return `${name} ${range}: ${severity}: ${advisories.join('; ')}`;
    }),
  );
}

/** Who knows of vulnerabilities of Python packages; each is asked about what those before it did not know. */
const pythonServices = ['pypi', 'osv'];

/**
 * What pip-audit knows of the packages in a file of requirements.
 *
 * @param {string} requirements the file
 * @param {{ env: NodeJS.ProcessEnv, pipAudit: string, folder: string }} options pipAudit: the command; folder: for files
 * @returns {Promise<Found>}
 */
export async function pythonVulnerabilities(requirements, { env, pipAudit, folder }) {
  // Without what divides them by platform: those of other platforms are asked about as well.
  let open = [...readFileSync(requirements, 'utf8').matchAll(/^[\w.-]+==[^\s;]+/gm)].map(
    ([pinned]) => pinned,
  );
  const findings = [];
  const reasons = [];
  for (const service of pythonServices) {
    if (open.length === 0) break;
    const answers = await Promise.all(
      roundsOf(open).map((pinned, round) => {
        const file = join(folder, `requirements-${service}-${round}.txt`);
        writeFileSync(file, `${pinned.join('\n')}\n`);
        return askPipAudit(pipAudit, { service, file, env });
      }),
    );
    const { told, reason } = answers.reduce((all, one) => ({
      told: [...all.told, ...one.told],
      reason: all.reason ?? one.reason,
    }));
    const known = told.filter(({ skip_reason }) => skip_reason === undefined);
    findings.push(...known.flatMap(findingsOf));
    const isKnown = (pinned) => known.some(({ name, version }) => sameName(pinned, `${name}==${version}`));
    open = open.filter((pinned) => !isKnown(pinned));
    if (open.length > 0) {
      const skipped = told.find(({ skip_reason }) => skip_reason !== undefined)?.skip_reason;
      reasons.push(`${service}: ${reason ?? skipped ?? 'no answer about them'}`);
    }
  }
  const result = found(findings);
  if (open.length === 0) return result;
  const notChecked = `known vulnerabilities of ${open.length} Python packages, because ${reasons.join('; ')}`;
  return { ...result, passed: 0, notChecked: [notChecked] };
}

/** pip-audit refuses two versions of one package in a file; there are two where versions of Python differ. */
function roundsOf(pinned) {
  const rounds = [];
  for (const one of pinned) {
    const name = one.split('==')[0];
    const round = rounds.find((others) => !others.some((other) => other.split('==')[0] === name));
    if (round) round.push(one);
    else rounds.push([one]);
  }
  return rounds;
}

async function askPipAudit(pipAudit, { service, file, env }) {
  const args = [
    '-r',
    file,
    '--no-deps',
    '--disable-pip',
    '-s',
    service,
    '-f',
    'json',
    '--progress-spinner',
    'off',
  ];
  const { stdout, output } = await execute(pipAudit, args, { env, quiet: true });
  try {
    return { told: JSON.parse(stdout).dependencies };
  } catch {
    return { told: [], reason: output.trim().split('\n').at(-1) };
  }
}

const findingsOf = ({ name, version, vulns }) =>
  vulns.map(({ id, fix_versions: fixed, description = '' }) => {
    const remedy = fixed.length > 0 ? `mended in ${fixed.join(', ')}` : 'not mended yet';
    return `${name} ${version}: ${id}, ${remedy}: ${description.split('\n')[0]}`;
  });

/** Names of Python packages differ in case and in what divides their words. */
function sameName(one, other) {
  const plain = (pinned) => pinned.toLowerCase().replaceAll(/[-_.]+(?=.*==)/g, '-');
  return plain(one) === plain(other);
}

const found = (failures) => ({
  passed: failures.length === 0 ? 1 : 0,
  failed: failures.length,
  failures,
  notChecked: [],
});

const nothingKnown = (what, reason) => ({
  ...found([]),
  passed: 0,
  notChecked: [`${what}, because ${reason}`],
});

/** Installs pip-audit in an environment of its own, unless it is there. */
export async function ensurePipAudit() {
  const folder = join(cacheFolder, 'pip-audit');
  const requirements = join(root, 'tools/audit/requirements.txt');
  const stamp = join(folder, 'requirements.sha256');
  const command = join(folder, 'bin/pip-audit');
  // With its place: the commands of a virtual environment hold the path that they were made at.
  const digest = createHash('sha256').update(folder).update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return command;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });
  await mustRun(findPython(), ['-m', 'venv', folder], { quiet: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
  await mustRun(join(folder, 'bin/python'), [...install, '-r', requirements], { quiet: true });
  writeFileSync(stamp, digest);
  return command;
}
