import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output } from '../lib/output.mjs';
import { mustRun } from '../lib/processes.mjs';

/** Bytes of a tarball, by package: a third more than it has, so that what is packed by mistake is noticed. */
export const packedLimits = {
  core: 1_550_000,
  targets: 540_000,
  infra: 740_000,
  cli: 560_000,
  loadwright: 10_000,
  'create-loadwright': 20_000,
};

/** Bytes of all files that `npm install loadwright` brings; most of them are clients of AWS. */
const installedLimit = 120_000_000;

/**
 * Bytes of the modules that `loadwright --help` loads: what it costs beyond Node itself, and the same on each machine. It has
 * 217,000, and takes 2.5 to 3 times the CPU of Node alone.
 */
const helpBytesLimit = 260_000;

/** The CPU that `--help` may take, in starts of Node alone: work on what it has loaded takes more. */
const nodeStarts = 5;

/**
 * What a user's disk and patience pay: fails when either has grown.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} project with nothing but the package loadwright installed
 */
export async function checkSize(ledger, { cwd, env }) {
  await ledger.stage('the size of an installation', async () => {
    const bytes = bytesOf(join(cwd, 'node_modules'));
    output().write(`${megabytes(bytes)} installed, of ${megabytes(installedLimit)} at most\n`);
    if (bytes > installedLimit) throw new Error(`an installation takes ${megabytes(bytes)}`);
  });
  await ledger.stage('the time of --help', async () => {
    const loaded = await modulesOf('node_modules/.bin/loadwright --help', { cwd, env });
    const bytes = loaded.reduce((sum, file) => sum + lstatSync(file).size, 0);
    output().write(`${loaded.length} modules of ${bytes} bytes, of ${helpBytesLimit} at most\n`);
    // The least of several is that of which nothing else took a part.
    let [help, node] = [Infinity, Infinity];
    for (let times = 0; times < 10; times += 1) {
      help = Math.min(help, await cpuSecondsOf('node_modules/.bin/loadwright --help', { cwd, env }));
      node = Math.min(node, await cpuSecondsOf('node -e 0', { cwd, env }));
    }
    const limit = nodeStarts * node;
    output().write(
      `${help.toFixed(3)} s of CPU, of ${limit.toFixed(3)} s at most; Node alone ${node.toFixed(3)} s\n`,
    );
    if (bytes > helpBytesLimit) throw new Error(`--help loads ${bytes} bytes:\n${loaded.join('\n')}`);
    if (help > limit) throw new Error(`--help takes ${help.toFixed(3)} s of CPU`);
  });
}

/** The modules that a command loads, but for those of Node. */
async function modulesOf(command, { cwd, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-modules-'));
  try {
    // Which modules there are, V8 notes there for each process.
    const noted = { ...env, NODE_V8_COVERAGE: folder };
    await mustRun('bash', ['-c', command], { cwd, env: noted, quiet: true });
    const urls = readdirSync(folder).flatMap((file) =>
      JSON.parse(readFileSync(join(folder, file), 'utf8')).result.map(({ url }) => url),
    );
    return urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of all that a command starts, user and system together. */
export async function cpuSecondsOf(command, { cwd, env }) {
  const timed = `${command} > /dev/null; times`;
  const { stdout } = await mustRun('bash', ['-c', timed], { cwd, env, quiet: true });
  // The second line is of the children: user and system.
  const ofChildren = stdout.trim().split('\n').at(-1);
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
}

function bytesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
