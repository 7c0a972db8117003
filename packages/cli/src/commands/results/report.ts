import { join } from 'node:path';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import { printReport } from '../../run/run-and-report.js';
import { findResults } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { formatMilliseconds, formatNumber, formatRatio, renderReportMarkdown } from '@loadwright/core/report';
import { examples } from '../../output/help.js';
import { formatTable } from '../../output/table.js';
import { findRun, listRuns, noRuns, readReport } from '../../run/results.js';

interface ReportOptions {
  readonly results?: string;
  readonly open?: boolean;
  readonly list?: boolean;
  readonly format: 'text' | 'markdown';
}

export function configure(command: Command, context: Context): void {
  command
    .description('Show a past run again: the newest, or the one with this id or name.')
    .option('--list', 'list the runs, newest first')
    .option('--open', 'open report.html')
    .option('--results <folder>', 'where the results are (default: as the configuration says, or results)')
    .addOption(new Option('--format <format>', 'of stdout').choices(['text', 'markdown']).default('text'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright report', 'the newest run'],
        ['loadwright report --list', 'which runs there are'],
        ['loadwright report --format markdown', 'for the summary of a pipeline'],
        ['loadwright report demo-sagemaker --open', 'the newest run of that name, in the browser'],
      ]),
    )
    .action(
      context.action((run: string | undefined, options: ReportOptions) => report(run, options, context)),
    );
}

/** Shows; it does not judge again, so the exit code is 0 whatever the verdict was. */
async function report(run: string | undefined, options: ReportOptions, context: Context): Promise<ExitCode> {
  const results = await findResults(options.results, context.io);
  if (options.list) {
    await list(results, context);
    return exitCodes.pass;
  }
  const found = await findRun(results, run);
  const read = await readReport(found);
  if (options.format === 'markdown' && !context.json) context.print(renderReportMarkdown(read).trimEnd());
  else printReport(context, read);
  if (options.open) await context.io.openFile(join(found.directory, 'report.html'));
  return exitCodes.pass;
}

async function list(results: string, context: Context): Promise<void> {
  const runs = await listRuns(results);
  const reports = await Promise.all(runs.finished.map(readReport));
  if (context.json) {
    context.printJson(
      reports.map(({ name, runId, verdict, startedAt, resultsDirectory: directory }) => ({
        name,
        runId,
        verdict,
        startedAt,
        directory,
      })),
    );
  } else if (reports.length === 0) {
    const { message, hint } = noRuns(results, runs);
    context.print(message, `  ${hint}`);
  } else {
    const right = (title: string) => ({ title, align: 'right' as const });
    context.print(
      formatTable(
        ['run', 'verdict', 'started', right('requests'), right('failed'), right('p95')],
        reports.map(({ name, runId, verdict, startedAt, total }) => [
          `${name}/${runId}`,
          verdict,
          startedAt,
          formatNumber(total.count),
          formatRatio(total.failureRate),
          formatMilliseconds(total.p95),
        ]),
        context.colors,
      ),
    );
  }
}
