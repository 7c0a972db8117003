// eslint-disable-next-line no-restricted-imports -- For devices and pipes, of which there is no part.
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LoadwrightError, parseDuration } from '@loadwright/core';
import { writeWholeStream } from '@loadwright/core/command';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { exportFormats, exportSeries, type ExportFormat } from '@loadwright/core/export';
import { builtInExporters, exportRun } from '@loadwright/core/exporters';
import { Option, type Command } from 'commander';
import { findResults } from '../../config/configuration.js';
import { exporterOfFlag } from '../../config/exporter-flag.js';
import type { Context } from '../../shell/context.js';
import type { OutputStream } from '../../shell/io.js';
import { formatBytes } from '@loadwright/core/report';
import { examples } from '../../output/help.js';
import { rawStream } from '../../output/safe-stream.js';
import { findRun, readReport, readWholeSeries } from '../../run/results.js';

interface ExportFlags {
  readonly format?: ExportFormat;
  readonly to?: string;
  readonly output?: string;
  readonly every: string;
  readonly warmUp: boolean;
  readonly results?: string;
}

const formats = Object.keys(exportFormats) as ExportFormat[];
const receivers = Object.entries(builtInExporters)
  .filter(([, { definition }]) => definition.isLiveOnly !== true)
  .map(([kind]) => kind);
const wholeRun = 'run';

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Write what a past run measured, second by second, in another format: the newest run, or the one with this id or name.\n\n' +
        formats.map((format) => `  ${format.padEnd(12)} ${exportFormats[format].description}`).join('\n'),
    )
    .addOption(new Option('--format <format>', 'the format of the file').choices(formats).conflicts('to'))
    .addOption(
      new Option(
        '--to <kind=url>',
        `hand it over to a receiver in place of a file: ${receivers.join(', ')}, or a plugin`,
      ).conflicts(['output', 'every', 'warmUp']),
    )
    .option('--output <file>', 'where to (default: stdout; parquet needs a file)')
    .option('--every <duration>', `seconds that make one row, as a duration, or "${wholeRun}"`, '1s')
    .option('--no-warm-up', 'leave the warm-up out, as the figures of the report do')
    .option('--results <folder>', 'where the results are (default: as the configuration says, or results)')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright export --format csv --every 10s > run.csv', 'the newest run, for a spreadsheet'],
        [
          'loadwright export 4f32386de5 --format parquet --output run.parquet',
          'one run, for DuckDB or pandas',
        ],
        ['loadwright export --to otlp=http://127.0.0.1:4318/v1/metrics', 'the newest run, to a collector'],
      ]),
    )
    .action(
      context.action((run: string | undefined, options: ExportFlags) => exportFile(run, options, context)),
    );
}

async function exportFile(
  reference: string | undefined,
  options: ExportFlags,
  context: Context,
): Promise<ExitCode> {
  const { io, colors } = context;
  const { format } = options;
  if (options.to !== undefined) return sendRun(reference, options.to, options, context);
  if (format === undefined) {
    throw new LoadwrightError('USAGE', 'Neither --format nor --to is given.', {
      hint: `Use --format ${formats.join('|')}, or --to KIND=URL.`,
    });
  }
  const everySeconds = readInterval(options.every);
  if (exportFormats[format].isBinary && options.output === undefined) {
    throw new LoadwrightError('USAGE', `--format ${format}: this format is binary, and needs a file.`, {
      hint: `Use --output run.${exportFormats[format].extension}.`,
    });
  }
  const run = await findRun(await findResults(options.results, io), reference);
  const report = await readReport(run);
  const pieces = exportSeries(await readWholeSeries(run), format, {
    name: report.name,
    everySeconds,
    skipSeconds: options.warmUp ? 0 : Math.ceil(report.warmUpSeconds ?? 0),
  });
  if (options.output === undefined) {
    await writePieces(pieces, rawStream(io.stdout));
    return exitCodes.pass;
  }
  const file = resolve(io.cwd, options.output);
  const bytes = await writeFile(pieces, file);
  context.print(`${colors.green('✓')} ${file}: ${formatBytes(bytes)}, run ${report.name}/${report.runId}`);
  return exitCodes.pass;
}

/** Hands a run over to a receiver. */
async function sendRun(
  reference: string | undefined,
  to: string,
  options: ExportFlags,
  context: Context,
): Promise<ExitCode> {
  const { io, colors } = context;
  const exporter = await exporterOfFlag(to, '--to', io);
  const run = await findRun(await findResults(options.results, io), reference);
  const report = await readReport(run);
  const { environment } = io;
  const seconds = await exportRun(exporter, await readWholeSeries(run), report, { environment });
  const { kind } = exporter.definition;
  context.print(
    `${colors.green('✓')} ${kind}: ${seconds} seconds with requests, run ${report.name}/${report.runId}`,
  );
  return exitCodes.pass;
}

/** Whole seconds of `--every`. */
function readInterval(text: string): number {
  if (text === wholeRun) return Infinity;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 1 && Number.isInteger(seconds)) return seconds;
  throw new LoadwrightError(
    'USAGE',
    `--every: found "${text}", expected whole seconds as a duration, or "${wholeRun}".`,
    { hint: 'Use, for example, --every 10s.' },
  );
}

/** Waits for whoever reads, so that a long run is not kept in memory as text. */
async function writePieces(pieces: Iterable<string | Uint8Array>, stream: OutputStream): Promise<void> {
  for (const piece of pieces) {
    if (!stream.write(piece) && !stream.destroyed) {
      await new Promise((resume) => {
        stream.once('drain', resume);
        stream.once('close', resume);
      });
    }
  }
}

/** @returns the size of the file, in bytes. */
async function writeFile(pieces: Iterable<string | Uint8Array>, file: string): Promise<number> {
  try {
    const found = await stat(file).catch(() => undefined);
    if (!found || found.isFile()) return await writeWholeStream(file, pieces, { mode: 0o666 });
    // A device or a pipe is written to, not replaced.
    const target = createWriteStream(file);
    await pipeline(Readable.from(pieces), target);
    return target.bytesWritten;
  } catch (error) {
    throw new LoadwrightError('USAGE', `--output ${file}: ${(error as Error).message}.`, {
      hint: 'Name a file in a folder that exists and that you may write to.',
      cause: error,
    });
  }
}
