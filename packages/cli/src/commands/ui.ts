import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { interruptible } from '../interrupt.js';
import { examples } from '../output/help.js';
import { addFleetFlags, findFleet, findStandingRun, type FleetFlags } from '../standing.js';

type UiFlags = FleetFlags & {
  readonly open?: boolean;
  readonly showLogin?: boolean;
  readonly hold?: boolean;
};

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      "The address of Locust's web UI, and how to log in. The login is shown on a terminal only, or when it is asked for.",
    )
    .option('--open', 'open it in the browser')
    .option('--show-login', 'print the login also where there is no terminal, and with --json')
    .option('--hold', 'stay until Ctrl-C: an address that this command forwards ends with it')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright ui 4f32386de5', 'address and login'],
        ['loadwright ui 4f32386de5 --open', 'and open it'],
        ['loadwright ui 4f32386de5 --hold', 'of a machine without a public address'],
      ]),
    )
    .action(context.action((run: string, options: UiFlags) => ui(run, options, context)));
}

async function ui(reference: string, options: UiFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const fleet = await findFleet(options, context);
  const { runId } = await findStandingRun(fleet, reference);
  const { masterUrl: url, login, isForwarded } = await fleet.attach(runId);
  const shows = options.showLogin || (io.stdout.isTTY === true && !context.json);
  if (context.json) context.printJson({ runId, url, ...(shows && login) });
  else {
    const row = (label: string, value: string) => `  ${colors.dim(label.padEnd(10))}${value}`;
    context.print(
      row('web UI', url),
      ...(shows
        ? [row('user', login.username), row('password', login.password)]
        : [row('login', 'shown on a terminal, or with --show-login')]),
    );
  }
  if (isForwarded && !options.hold) {
    context.note(
      `${context.errorColors.yellow('!')} this address ends with this command: loadwright ui ${runId} --hold`,
    );
  }
  if (options.open) await io.openFile(url);
  if (options.hold) await held(context);
  return exitCodes.pass;
}

async function held(context: Context): Promise<void> {
  context.note('press Ctrl-C to end');
  await interruptible(
    context.io,
    { onStop: () => {}, abandoned: 'nothing to clean up' },
    (signal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
  );
}
