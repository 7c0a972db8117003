import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { formatBytes, formatNumber } from '@loadwright/core/report';
import { defaultBase, platforms, pushImage, type Platform, type PushedImage } from '@loadwright/infra/image';
import { Option, type Command } from 'commander';
import {
  addConfigurationFlags,
  loadConfiguration,
  type ConfigurationFlags,
} from '../config/configuration.js';

import { examples } from '../output/help.js';
import { imageProgressLines } from '../output/image-progress.js';
import { variablesOf } from '../run/emulation.js';
import { createConfiguredTest } from '../run/load-test.js';
import type { Context } from '../shell/context.js';
import { interruptible } from '../shell/interrupt.js';
import { collect } from '../shell/parse.js';

interface PushFlags extends ConfigurationFlags {
  readonly to: string;
  readonly base?: string;
  readonly platform: Platform;
  readonly tag?: readonly string[];
  readonly plainHttp?: readonly string[];
}

export function configure(command: Command, context: Context): void {
  addConfigurationFlags(command.command('push'))
    .description(
      'Add the files that Locust runs to an image with Locust, and push the image to a registry. Needs no Docker. ' +
        'Credentials: the variables LOADWRIGHT_REGISTRY_USERNAME and LOADWRIGHT_REGISTRY_PASSWORD, or docker login.',
    )
    .requiredOption('--to <image>', 'registry and name: registry.example/team/loadwright')
    .option('--base <image>', `the image with Locust (default: ${defaultBase()})`)
    .addOption(
      new Option('--platform <platform>', 'of the machines that run it')
        .choices([...platforms])
        .default('linux/amd64'),
    )
    .option('--tag <tag>', 'a tag besides the one of the content; may be repeated', collect)
    .option(
      '--plain-http <registry>',
      'a registry without TLS in a trusted network; may be repeated',
      collect,
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        [
          'loadwright image push --to registry.example/team/loadwright',
          'by digest, and a tag of the content',
        ],
        [
          'loadwright image push --to registry.example/team/loadwright --tag nightly',
          'and a tag of your own',
        ],
        [
          'loadwright image push --to registry.example/lw --base registry.example/locust@sha256:…',
          'on a base that never changes',
        ],
      ]),
    )
    .action(context.action((options: PushFlags) => push(options, context)));
  command.addHelpText(
    'after',
    examples(context, [['loadwright image push --to registry.example/team/loadwright', 'push the image']]),
  );
}

async function push(options: PushFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const { to, base, platform, tag = [], plainHttp = [] } = options;
  const loaded = await loadConfiguration(options, io, 'image push');
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const progress = imageProgressLines((line) => context.note(line), io.now);
  const directory = await mkdtemp(join(tmpdir(), 'loadwright-image-'));
  try {
    const pushed = await interruptible(
      io,
      {
        onStop: () => context.note('stopping…'),
        abandoned: `remove the unfinished folder ${directory}`,
      },
      async (signal) =>
        pushImage({
          bundle: await test.bundle({ directory, signal }),
          to,
          ...(base !== undefined && { base }),
          platform,
          tags: tag,
          plainHttp,
          environment: io.environment,
          signal,
          onProgress: progress,
        }),
    );
    const needed = variablesOf(loaded.config.target).filter(({ required }) => required);
    if (context.json) context.printJson(pushed);
    else context.print(...formatPushed(pushed, needed, context));
    return exitCodes.pass;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function formatPushed(
  { reference, tags, base, platform, sent }: PushedImage,
  needed: readonly { readonly name: string }[],
  { colors }: Context,
): string[] {
  const row = (label: string, value: string) => `  ${colors.dim(label.padEnd(10))}${value}`;
  const there = sent.present + sent.mounted;
  const blobs = (count: number) => `${formatNumber(count)} ${count === 1 ? 'blob' : 'blobs'}`;
  const environment = needed.map(({ name }) => `-e ${name} `).join('');
  return [
    `${colors.green('✓')} ${colors.bold(reference)}`,
    row(tags.length === 1 ? 'tag' : 'tags', tags.join(', ')),
    row('base', `${base} (${platform})`),
    row('sent', `${blobs(sent.blobs)}, ${formatBytes(sent.bytes)}; ${blobs(there)} already in the registry`),
    row('try', `docker run --rm ${environment}${reference} --headless`),
  ];
}
