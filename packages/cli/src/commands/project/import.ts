import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { LoadwrightError } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';
import { findConfigFile, whyUnreadable } from '@loadwright/core/config';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { validate } from '@loadwright/core/target';
import { Option, type Command } from 'commander';
import { wrongCommand } from '../../import/curl-error.js';
import type { Imported } from '../../import/requests.js';
import { configFormats, firstConfig, formatConfig, type ConfigFormat } from '../../init/config-file.js';
import { examples } from '../../output/help.js';
import type { Context } from '../../shell/context.js';

const kinds = ['openapi', 'curl', 'har'] as const;
type Kind = (typeof kinds)[number];

interface ImportOptions {
  readonly baseUrl?: string;
  readonly format: ConfigFormat;
  readonly force?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Make a configuration for the target rest: from a description in OpenAPI or Swagger, from curl commands, or from what a ' +
        'browser recorded (HAR). The source is a file, - for standard input, or for curl the command itself. Secrets become ' +
        'variables, and are written nowhere.',
    )
    .option('--base-url <url>', 'where the API is, for a description that does not say')
    .addOption(new Option('--format <format>', 'kind of file').choices([...configFormats]).default('yaml'))
    .option('--force', 'overwrite a configuration file that exists')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright import openapi openapi.yaml', 'a route for each operation'],
        ['loadwright import curl "curl -d @- https://api.example/v1"', 'a command, as a browser copies it'],
        ['loadwright import har session.har', 'the calls of a page, by how often it made them'],
      ]),
    )
    .action(
      context.action((kind: string, source: string, options: ImportOptions) =>
        importFrom(kind, source, options, context),
      ),
    );
}

async function importFrom(
  named: string,
  source: string,
  options: ImportOptions,
  context: Context,
): Promise<ExitCode> {
  const { colors, io } = context;
  const kind = kinds.find((known) => known === named);
  if (kind === undefined) {
    throw new LoadwrightError('USAGE', `import: "${named}" cannot be imported`, {
      hint: `what can be: ${kinds.join(', ')}`,
    });
  }
  if (options.baseUrl !== undefined && kind !== 'openapi') {
    throw new LoadwrightError('USAGE', `import ${kind}: --base-url belongs to openapi`, {
      hint: 'requests that were sent say themselves where',
    });
  }
  const existing = options.force ? undefined : await findConfigFile(io.cwd);
  if (existing !== undefined) {
    throw new LoadwrightError('CONFIG_INVALID', `${basename(existing)} exists already`, {
      hint: 'edit it, remove it, or overwrite it with --force',
    });
  }
  const imported = await read(kind, await contentOf(kind, source, context), io.cwd, options);
  const target = targetOf(imported);
  const config = { ...firstConfig('rest', {}), target: { kind: 'rest', ...target } };
  const file = `loadwright.config.${options.format}`;
  for (const [name, text] of Object.entries(imported.files)) {
    await writeWhole(join(io.cwd, name), text, { mode: 0o666 });
  }
  await writeWhole(join(io.cwd, file), formatConfig(config, options.format), { mode: 0o666 });
  if (imported.notes.length > 0)
    context.note(...imported.notes.map((note) => `${context.errorColors.yellow('note:')} ${note}`));
  const { routes, variables } = imported;
  context.print(
    ...[file, ...Object.keys(imported.files)].map((name) => `${colors.green('✓')} ${name}`),
    '',
    `  ${routes.length} ${routes.length === 1 ? 'route' : 'routes'} below ${imported.baseUrl}`,
    ...(variables.length > 0 ? [`  set before a run, for they are secret: ${variables.join(', ')}`] : []),
    // The stand-in answers 200 alone.
    ...(routes.every(({ expect }) => expect === undefined)
      ? [
          `  ${colors.cyan('loadwright run --emulator')}   try it on this machine, with a stand-in for the service`,
        ]
      : [`  ${colors.cyan('loadwright doctor')}   see what is missing for a run`]),
  );
  return exitCodes.pass;
}

async function read(
  kind: Kind,
  text: string,
  directory: string,
  { baseUrl }: ImportOptions,
): Promise<Imported> {
  const { rest } = await import('@loadwright/targets/rest');
  const check = (imported: Imported) =>
    void validate(rest.definition.options, targetOf(imported), { field: 'target' });
  if (kind === 'openapi') return (await import('../../import/openapi.js')).fromOpenApi(text, check, baseUrl);
  const { fromRecorded } = await import('../../import/recorded.js');
  const requests =
    kind === 'har'
      ? (await import('../../import/har.js')).harRequests(text)
      : (await import('../../import/curl.js')).curlRequests(text, directory);
  return fromRecorded(kind, requests, check);
}

async function contentOf(kind: Kind, source: string, { io }: Context): Promise<string> {
  if (source === '-') return textOf(io.stdin);
  if (kind === 'curl' && /^\s*curl\s/.test(source)) return source;
  const path = resolve(io.cwd, source);
  return readFile(path, 'utf8').catch((error: unknown) => {
    // Text with a blank is more likely a command than the name of a file.
    if (kind === 'curl' && /\S\s+\S/.test(source)) {
      throw wrongCommand(
        'it does not begin with curl',
        'Give a curl command in quotes, or name a file of them.',
      );
    }
    throw new LoadwrightError(
      'USAGE',
      `import ${kind}: ${source || '""'} cannot be read: ${whyUnreadable(source, error)}`,
      {
        hint:
          kind === 'curl'
            ? 'name a file, or give the command itself, in quotes'
            : 'name a file; of an address, save it first',
        cause: error,
      },
    );
  });
}

function targetOf(imported: Imported) {
  const { authentication, baseUrl, routes, secretHeaders } = imported;
  const isPlain = baseUrl.startsWith('http://') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(baseUrl);
  return {
    baseUrl,
    ...(isPlain && { allowPlainHttp: true }),
    ...(authentication && { authentication }),
    ...(Object.keys(secretHeaders).length > 0 && { secretHeaders }),
    routes,
  };
}
