import { networkInterfaces } from 'node:os';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { validate } from '@loadwright/core/fleet';
import { formatNumber } from '@loadwright/core/report';
import { originOptionsSchema, startOrigin, type Origin } from '@loadwright/targets/dht';
import type { Command } from 'commander';
import { examples } from '../output/help.js';
import type { Context } from '../shell/context.js';
import { untilStopped } from '../shell/interrupt.js';
import { numberOrText } from '../shell/parse.js';

type OriginFlags = Partial<Record<'host' | 'port' | 'objectBytes' | 'delay', string>>;

export function configure(command: Command, context: Context): void {
  command
    .description(
      'Serve the URLs of a dht load test, so that a cache that misses asks this machine and nobody else. Each path has ' +
        'an object of its own, the same at each time. Ctrl-C ends it, and prints what was asked for.',
    )
    .option('--port <number>', 'port to listen on; 0: a free one', '0')
    .option('--host <address>', 'address to listen on; 0.0.0.0: all of this machine', '127.0.0.1')
    .option('--object-bytes <number>', 'size of every object', '1024')
    .option('--delay <duration>', 'time until an object is answered: 20ms', '0s')
    .option('--json', 'the address and a template of URLs as one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright origin', 'for a ring on this machine, on a free port'],
        ['loadwright origin --host 0.0.0.0 --port 8080', 'for nodes on other machines'],
      ]),
    )
    .action(context.action((flags: OriginFlags) => serve(flags, context)));
}

async function serve({ host, port, objectBytes, delay }: OriginFlags, context: Context): Promise<ExitCode> {
  const options = validate(
    originOptionsSchema,
    { host, delay, port: numberOrText(port ?? ''), objectBytes: numberOrText(objectBytes ?? '') },
    { field: 'origin' },
  );
  const origin = await startOrigin(options);
  const { address, isGuessed } = reachableAt(options.host, origin);
  const template = `${address}/item/{i}`;
  try {
    await untilStopped(context.io, 'nothing to clean up: the origin ends with this command', () => {
      const { url } = origin;
      // One line, so that a program may read it while the origin goes on.
      if (context.json)
        context.io.stdout.write(`${JSON.stringify({ url, template, objectBytes: options.objectBytes })}\n`);
      else context.print(...describe(origin, template, isGuessed, options.objectBytes, context));
    });
  } finally {
    await origin.stop();
  }
  const { requests, objects } = origin.counts();
  context.note('', `${formatNumber(requests)} requests for ${formatNumber(objects)} objects`);
  return exitCodes.pass;
}

function describe(
  origin: Origin,
  template: string,
  isGuessed: boolean,
  objectBytes: number,
  { colors }: Context,
): string[] {
  return [
    `${colors.green('●')} ${colors.bold('origin')} at ${colors.cyan(origin.url)}`,
    `  answers each path with ${formatNumber(objectBytes)} bytes`,
    '',
    colors.dim('# an option of the target dht'),
    JSON.stringify({ urls: { template, count: 1000 } }, undefined, 2),
    ...(isGuessed
      ? [colors.dim('# in place of this address, the one by which the nodes reach this machine')]
      : []),
    '',
    colors.dim('Ctrl-C ends it.'),
  ];
}

/** What listens on every address is reached by one of them: the first that is not of this machine alone. */
function reachableAt(host: string, { url, port }: Origin): { address: string; isGuessed: boolean } {
  if (host !== '0.0.0.0' && host !== '::') return { address: url, isGuessed: false };
  const [first] = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  return { address: `http://${first?.address ?? '127.0.0.1'}:${port}`, isGuessed: true };
}
