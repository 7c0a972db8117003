/**
 * Writes what a load test found as Markdown, for the job summary and the comment: node summarize.mjs <run.json> <exit code> <file>.
 * Prints the folder of the run's results, or nothing when there is none.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const [runFile, exitCode, to] = process.argv.slice(2);

/** What `run --json` printed: a report, or why there is none. */
function readRun() {
  try {
    return JSON.parse(readFileSync(runFile, 'utf8'));
  } catch {
    return {};
  }
}

const { resultsDirectory, error } = readRun();
if (resultsDirectory === undefined) {
  const why = error?.message ?? 'it printed no result';
  // Indented, so that nothing in it is Markdown.
  const lines = why.split('\n').map((line) => `    ${line}`);
  writeFileSync(to, `### No load test\n\nloadwright ended with ${exitCode}:\n\n${lines.join('\n')}\n`);
} else {
  const results = dirname(dirname(resultsDirectory));
  const parts = [
    execFileSync(
      'npx',
      ['--no-install', 'loadwright', 'report', basename(resultsDirectory), '--results', results].concat(
        '--format',
        'markdown',
      ),
      { encoding: 'utf8' },
    ),
  ];
  const comparison = join(resultsDirectory, 'comparison.md');
  if (existsSync(comparison))
    parts.push(readFileSync(comparison, 'utf8').replace(/^### /, '### Against the baseline: '));
  writeFileSync(to, parts.map((part) => part.trimEnd()).join('\n\n') + '\n');
  process.stdout.write(resultsDirectory);
}
