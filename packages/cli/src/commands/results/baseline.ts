import type { BaselineRecord } from '@loadwright/core/compare';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { findResults } from '../../config/configuration.js';
import { examples } from '../../output/help.js';
import { formatTable } from '../../output/table.js';
import { findBaselines } from '../../run/baseline.js';
import { findSide } from '../../run/compared.js';
import type { Context } from '../../shell/context.js';
import { readLast } from '../../shell/parse.js';

interface SaveFlags {
  readonly last?: string;
  readonly replace?: boolean;
  readonly results?: string;
}

export function configure(command: Command, context: Context): void {
  command.description(
    'Named baselines of this project: runs that later ones are compared with. They are kept in the folder baselines beside the ' +
      'configuration, to be committed with the code.',
  );
  command.addHelpText(
    'after',
    examples(context, [
      ['loadwright baseline save main checkout --last 3', 'the newest three runs of the test checkout'],
      ['loadwright baseline use main', 'what is meant where no baseline is named'],
      ["loadwright run --baseline main --fail-if 'p(95)>+5%'", 'a run that is compared with it'],
    ]),
  );
  command
    .command('save <name> [run...]')
    .description('Keep copies of runs as a baseline: run ids, names or folders. Default: the newest run.')
    .option('--last <number>', 'of each name the newest runs, so many')
    .option('--replace', 'replace a baseline of that name')
    .option('--results <folder>', 'where the results are (default: as the configuration says, or results)')
    .option('--json', 'one JSON document on stdout')
    .action(
      context.action((name: string, runs: readonly string[], flags: SaveFlags) =>
        save(name, runs, flags, context),
      ),
    );
  command
    .command('use <name>')
    .description('Compare with this baseline where none is named.')
    .option('--json', 'one JSON document on stdout')
    .action(
      context.action(async (name: string) => {
        const record = await (await findBaselines(context.io)).use(name);
        show(record, `Comparisons of this project are with ${name}, where none is named.`, context);
        return exitCodes.pass;
      }),
    );
  command
    .command('list')
    .description('The baselines of this project.')
    .option('--json', 'one JSON document on stdout')
    .action(context.action(() => list(context)));
}

async function save(
  name: string,
  runs: readonly string[],
  { last, replace = false, results }: SaveFlags,
  context: Context,
): Promise<ExitCode> {
  const { io } = context;
  const folder = await findResults(results, io);
  const folders = await findSide(runs, { results: folder, last: readLast(last), cwd: io.cwd });
  const baselines = await findBaselines(io);
  const record = await baselines.save(name, folders, { replace, now: new Date(io.now()) });
  show(record, `Saved the baseline ${name} in ${baselines.directory}.`, context);
  return exitCodes.pass;
}

function show(record: BaselineRecord, text: string, context: Context): void {
  if (context.json) return context.printJson(record);
  context.print(
    text,
    `  runs        ${record.runs.join(', ')}`,
    `  load        ${JSON.stringify(record.load)}`,
  );
}

async function list(context: Context): Promise<ExitCode> {
  const baselines = await findBaselines(context.io);
  const [records, current] = [await baselines.list(), await baselines.current()];
  if (context.json)
    context.printJson(records.map((record) => ({ ...record, isCurrent: record.name === current })));
  else if (records.length === 0) context.print('There are no baselines: loadwright baseline save <name>');
  else {
    const rows = records.map(({ name, target, runs, savedAt }) => [
      name === current ? `${name} (in use)` : name,
      target,
      String(runs.length),
      savedAt,
    ]);
    const columns = ['baseline', 'target', { title: 'runs', align: 'right' as const }, 'saved'];
    context.print(formatTable(columns, rows, context.colors));
  }
  return exitCodes.pass;
}
