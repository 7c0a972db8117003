/**
 * `npm run bench`: Loadwright beside its peers in one run. Progress goes to stderr; stdout has the bars, or with --json
 * the whole document.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { allCases } from './lib/cases.mjs';
import { clients } from './lib/clients.mjs';
import { makeCertificates } from './lib/certificates.mjs';
import { writeDocument } from './lib/document.mjs';
import { chooseCores, describeMachine, descriptorLimit } from './lib/machine.mjs';
import { resultsFile } from './lib/paths.mjs';
import { resultsOf } from './lib/results.mjs';
import { startServer } from './lib/server.mjs';
import { bound, number, spread } from './lib/text.mjs';
import { ensureCommands, ensurePython } from './lib/tools.mjs';

// A median of fewer says little.
const leastRounds = 5;

const usage = `npm run bench -- [options]
  --quick        what the bars need, once, in less than a minute
  --only NAME    cases whose name contains NAME; may be repeated
  --rounds N     how often everything is measured (${leastRounds}; with --quick 1)
  --json         print all figures as one JSON document
  --document     write docs/reference/benchmarks.md again from benchmarks/results/latest.json; nothing is measured
  --help
A whole run of at least ${leastRounds} rounds, and no other, writes benchmarks/results/latest.json and docs/reference/benchmarks.md.
`;

const say = (text) => process.stderr.write(`${text}\n`);

function readOptions() {
  const flag = { type: 'boolean', default: false };
  const only = { type: 'string', multiple: true, default: [] };
  const options = { quick: flag, json: flag, document: flag, help: flag, only, rounds: { type: 'string' } };
  const { values } = parseArgs({ options });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : leastRounds));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds must be a whole number from 1, not ${values.rounds}`);
  return { ...values, rounds };
}

async function measureAll({ quick, only, rounds }) {
  const cores = chooseCores();
  const cases = allCases({ quick }).filter(
    ({ id }) => only.length === 0 || only.some((name) => id.includes(name)),
  );
  if (cases.length === 0) throw new Error(`no case's name contains ${only.join(' or ')}`);
  await ensureCommands();
  await ensurePython();
  const needed = new Set(cases.map(({ facts }) => clients[facts.client]?.ensure).filter(Boolean));
  for (const ensure of needed) await ensure();
  const timing = quick ? { settleSeconds: 0.3, windowSeconds: 1 } : { settleSeconds: 1, windowSeconds: 2 };
  const machine = describeMachine();
  const date = new Date().toISOString();
  const busy = machine.loadAverageBefore > 0.3;
  if (busy)
    say(
      `note: the machine is not quiet (load ${machine.loadAverageBefore.toFixed(2)}): trust no figure, and ratios little`,
    );

  const folder = mkdtempSync(join(tmpdir(), 'loadwright-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const certificates = makeCertificates(folder);
  const descriptors = descriptorLimit(Math.max(...cases.map(({ facts }) => facts.connections ?? 2000)) + 500);
  const launch = { core: cores.server, env: { PATH: process.env.PATH }, descriptors };
  const server = await startServer({ folder, certificates, launch });
  const setup = { folder, server, certificates, cores, descriptors, timing };
  const samples = new Map(cases.map(({ id }) => [id, []]));
  const failures = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, rounds: atMost = rounds, run } of cases) {
      if (round >= atMost) continue;
      const began = performance.now();
      const ending = () => `[${((performance.now() - began) / 1000).toFixed(1)} s]`;
      try {
        samples.get(id)[round] = await run(setup);
        say(`${round + 1}/${rounds} ${id}: ${describe(samples.get(id)[round])} ${ending()}`);
      } catch (error) {
        failures.push(`round ${round + 1}, ${id}: ${error.message}`);
        say(`${round + 1}/${rounds} ${id}: FAILED: ${error.message} ${ending()}`);
      }
    }
  }
  await server.stop();
  return resultsOf({ cases, samples, machine, settings: { quick, rounds, ...timing }, failures, date });
}

const describe = (sample) =>
  Object.entries(sample)
    .filter(([, value]) => typeof value === 'number')
    .map(([key, value]) => `${key} ${number(value)}`)
    .join(', ');

function printBars({ bars }, { only }) {
  const asked = bars.filter(({ verdict }) => only.length === 0 || verdict !== 'not measured');
  for (const bar of asked) {
    const unit = bar.unit ? ` ${bar.unit}` : '';
    const measured = bar.measured ? `${spread(bar.measured)}${unit}` : '–';
    process.stdout.write(
      `${bar.verdict.padEnd(12)} ${bar.work}: ${bar.measure}: ${measured}; bar ${bound(bar)}\n`,
    );
  }
}

async function main() {
  const options = readOptions();
  if (options.help) return void process.stdout.write(usage);
  if (options.document) return writeDocument(JSON.parse(readFileSync(resultsFile, 'utf8')));
  const results = await measureAll(options);
  const isWhole = !options.quick && options.only.length === 0 && options.rounds >= leastRounds;
  if (isWhole) {
    mkdirSync(dirname(resultsFile), { recursive: true });
    writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
    await writeDocument(results);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else printBars(results, options);
  process.exitCode = results.failures.length > 0 ? 1 : 0;
}

main().catch((error) => {
  say(`error: ${error.message}`);
  if (typeof error.output === 'string') say(error.output);
  process.exitCode = String(error.code).startsWith('ERR_PARSE_ARGS') ? 2 : 1;
});
