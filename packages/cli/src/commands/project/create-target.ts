import { readdir } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { LoadwrightError, loadwrightVersion } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { targetNames } from '../../create-target/names.js';
import { writeTarget } from '../../create-target/write-target.js';
import { examples } from '../../output/help.js';
import type { Context } from '../../shell/context.js';

interface CreateTargetOptions {
  readonly directory?: string;
}

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Write a package with a target of your own, which builds, conforms and runs at once: TypeScript, Python, an emulator and tests.',
    )
    .option('--directory <path>', 'new or empty folder of the package (default: loadwright-target-<name>)')
    .option('--json', 'print one JSON document: the name, the folder and its files')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright create-target my-service', 'in the folder loadwright-target-my-service'],
        ['loadwright create-target my-service --directory targets/mine', 'elsewhere'],
      ]),
    )
    .action(
      context.action((name: string, options: CreateTargetOptions) => createTarget(name, options, context)),
    );
}

async function createTarget(name: string, options: CreateTargetOptions, context: Context): Promise<ExitCode> {
  const { colors, io } = context;
  const names = targetNames(name);
  const folder = resolve(io.cwd, options.directory ?? `loadwright-target-${names.kind}`);
  const shown = relative(io.cwd, folder) || '.';
  await requireNew(folder, shown);
  const written = await writeTarget(folder, names, loadwrightVersion);
  if (context.json) {
    context.printJson({ name: `loadwright-target-${names.kind}`, folder, files: written });
    return exitCodes.pass;
  }
  context.print(
    ...written.map((path) => `${colors.green('✓')} ${join(shown, path)}`),
    '',
    `  ${colors.cyan(`cd ${shown} && npm install`)}`,
    `  ${colors.cyan('npm test')}       conformance, with a real load against its emulator`,
    `  ${colors.cyan('npm run try')}    a load test with a report`,
    '',
    `  ${basename(folder)}/README.md says what to change first.`,
  );
  return exitCodes.pass;
}

async function requireNew(folder: string, shown: string): Promise<void> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `${shown} cannot be the folder of a package (${error.code})`,
      {
        hint: 'name a new or empty folder: --directory',
        cause: error,
      },
    );
  });
  if (present.length === 0) return;
  throw new LoadwrightError('CONFIG_INVALID', `the folder ${shown} exists already, and is not empty`, {
    hint: 'remove it, or name another one: --directory',
  });
}
