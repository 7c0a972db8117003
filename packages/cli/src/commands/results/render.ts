import { readdir } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import {
  addConfigurationFlags,
  loadConfiguration,
  type ConfigurationFlags,
} from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { createConfiguredTest } from '../../run/load-test.js';
import { formatNumber } from '@loadwright/core/report';
import { examples } from '../../output/help.js';
import { variablesOf } from '../../run/emulation.js';

interface RenderOptions extends ConfigurationFlags {
  readonly output: string;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  addConfigurationFlags(command)
    .description(
      'Write the files that Locust runs. They stand alone: whoever runs them needs Locust or Docker, not Loadwright.',
    )
    .option('--output <folder>', 'where to', 'bundle')
    .option('--force', 'also into a folder that is not empty')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright render', 'into the folder bundle'],
        ['loadwright render --output /tmp/test --workers 16', 'somewhere else, for 16 workers'],
      ]),
    )
    .action(context.action((options: RenderOptions) => render(options, context)));
}

async function render(options: RenderOptions, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const loaded = await loadConfiguration(options, io, 'render');
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const directory = resolve(io.cwd, options.output);
  if (!options.force) await refuseToMix(directory, options.output);
  const bundle = await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: `remove the unfinished folder ${directory}` },
    (signal) => test.bundle({ directory, signal }),
  );
  if (context.json) {
    context.printJson(bundle);
    return exitCodes.pass;
  }
  const place = relative(io.cwd, bundle.directory) || '.';
  const bytes = bundle.files.reduce((sum, file) => sum + file.bytes, 0);
  const needed = variablesOf(loaded.config.target).filter(({ required }) => required);
  context.print(
    `${colors.green('✓')} ${place}: ${bundle.files.length} files, ${formatNumber(bytes)} bytes, sha256 ${bundle.digest.slice(0, 12)}`,
    '',
    ...(needed.length > 0
      ? [`  set ${needed.map(({ name }) => name).join(', ')}, then run it by hand:`]
      : []),
    `  ${colors.cyan(`cd ${place} && docker compose up --scale worker=${loaded.config.workers ?? 1}`)}`,
    `  ${colors.cyan(`cd ${place} && locust -f locustfile.py`)}`,
  );
  return exitCodes.pass;
}

async function refuseToMix(directory: string, given: string): Promise<void> {
  const files = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `--output: ${given} cannot be used as a folder (${error.code})`,
      {
        hint: 'name another folder',
        cause: error,
      },
    );
  });
  if (files.length > 0) {
    throw new LoadwrightError('CONFIG_INVALID', `--output: the folder ${given} is not empty`, {
      hint: 'name another folder, or write into this one with --force',
    });
  }
}
