import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../lib/output.mjs';
import { cacheFolder, root } from '../lib/paths.mjs';
import { execute, mustRun } from '../lib/processes.mjs';

/** So that nothing is shown to anybody: what `--open` opens the report with. */
const noBrowser = { BROWSER: 'true' };

/** Lines of README.md that other stages carry out: the packages from a registry, all tests, a demo. */
const elsewhere = /^npm (create loadwright@latest|run demo|test)$/;
/** The one that takes an account of AWS, of which there is none: it must get as far as that. A plan takes none. */
const inAnAccount = /\brun --fleet ec2\b/;

/** The text of README.md in fences of such a language, each as its lines. */
function fencesOf(language) {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const fences = text.matchAll(new RegExp(`^\`\`\`${language}\\n(?<text>[^]*?)^\`\`\`$`, 'gm'));
  return [...fences].map(({ groups }) => groups.text.trimEnd().split('\n'));
}

/**
 * Carries out what README.md and the demo print, in this clone, letter by letter.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv }} options
 */
export async function checkPrintedCommands(ledger, { env: inherited }) {
  const env = { ...inherited, ...noBrowser };
  const sh = (line, cwd) => mustRun('sh', ['-c', line], { cwd, env });

  await ledger.stage(
    'npm run demo ends as README.md shows it, and the command that it prints works',
    async () => {
      const { stdout } = await sh('npm run --silent demo -- --no-live', root);
      const [shown] = fencesOf('text');
      const labels = shown.map((line) => /^ {2}(\w+) {2,}/.exec(line)?.[1]).filter(Boolean);
      const missing = labels.filter((label) => !new RegExp(`^ {2}${label} {2,}`, 'm').test(stdout));
      if (missing.length > 0) throw new Error(`the demo did not print: ${missing.join(', ')}`);
      const next = /^ {2}next +(.+)$/m.exec(stdout)[1];
      output().write(`$ ${next}\n`);
      const { stdout: again } = await sh(next, root);
      if (!again.includes('All 3 thresholds held')) throw new Error(`${next}: not the report of the demo`);
    },
  );
  await ledger.stage('each command that README.md shows works as it is shown', async () => {
    // Within the clone, where npx finds the command; a configuration is written there.
    const folder = join(cacheFolder, 'printed-commands');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const lines = fencesOf('sh')
      .flat()
      .filter((line) => !elsewhere.test(line));
    for (const line of lines) {
      output().write(`$ ${line}\n`);
      if (inAnAccount.test(line)) await expectNoCredentials(line, { cwd: folder, env });
      else await sh(line, folder);
    }
    return { passed: lines.length, failed: 0 };
  });
}

async function expectNoCredentials(line, options) {
  const { code, output: said } = await execute('sh', ['-c', line], options);
  if (code !== 104 || !said.includes('code: CREDENTIALS_INVALID'))
    throw new Error(`${line} ended with ${code}`);
}
