import { setTimeout as delay } from 'node:timers/promises';
import { fingerprintOf } from '@loadwright/core/fleet';
import { LoadwrightError, type FleetHandle } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { factFormatter } from '../../output/table.js';
import { examples } from '../../output/help.js';
import { findFleet, findDeployedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';

type UiFlags = FleetFlags & {
  readonly open?: boolean;
  readonly showLogin?: boolean;
  readonly hold?: boolean;
};

/** Time between two looks at an address that is held, in milliseconds. */
const interval = 1000;

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      "The address of Locust's web UI, and how to log in. The login is shown on a terminal only, or when it is asked for.",
    )
    .option('--open', 'open it in the browser')
    .option('--show-login', 'print the login also where there is no terminal, and with --json')
    .option(
      '--hold',
      'stay until Ctrl-C, or until the address leads nowhere: one that this command forwards ends with it',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright ui 4f32386de5', 'address and login'],
        ['loadwright ui 4f32386de5 --open', 'and open it'],
        ['loadwright ui 4f32386de5 --hold', 'of a machine without a public address'],
      ]),
    )
    .action(context.action((fleet: string, options: UiFlags) => ui(fleet, options, context)));
}

async function ui(reference: string, options: UiFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const fleet = await findFleet(options, context, { command: 'ui', reference });
  const { fleetId } = await findDeployedFleet(fleet, reference, context);
  const handle = await fleet.open(fleetId);
  const { masterUrl: url, login, isForwarded, certificate } = handle;
  const fingerprint = certificate && fingerprintOf(certificate);
  const shows = options.showLogin || (io.stdout.isTTY === true && !context.json);
  if (context.json)
    context.printJson({ fleetId, url, ...(fingerprint && { fingerprint }), ...(shows && login) });
  else {
    const fact = factFormatter(colors);
    context.print(
      fact('web UI', url),
      ...(fingerprint ? [fact('SHA-256', `${fingerprint} ${colors.dim('of the certificate')}`)] : []),
      ...(shows
        ? [fact('user', login.username), fact('password', login.password)]
        : [fact('login', 'shown on a terminal, or with --show-login')]),
    );
  }
  if (fingerprint) {
    context.note(
      'No authority has signed the certificate, so a browser warns of it: go on only if it shows this SHA-256.',
    );
  }
  if (isForwarded && !options.hold) {
    context.note(
      `${context.errorColors.yellow('!')} this address ends with this command: ${atPlace(`loadwright ui ${fleetId} --hold`, context)}`,
    );
  }
  if (options.open) await io.openFile(url);
  if (options.hold) await hold(handle, context);
  return exitCodes.pass;
}

/**
 * Waits for Ctrl-C. Sessions of Session Manager end by themselves too: left idle, or after their longest duration.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Session.html
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when the address leads nowhere any more.
 */
async function hold(handle: FleetHandle, context: Context): Promise<void> {
  context.note('press Ctrl-C to end');
  await interruptible(context.io, { onStop: () => {}, abandoned: 'nothing to clean up' }, async (signal) => {
    do await requireMaster(handle, context);
    while (await delay(interval, true, { signal }).catch(() => false));
  });
}

async function requireMaster(handle: FleetHandle, context: Context): Promise<void> {
  const { fleetId, masterUrl } = handle;
  const lost = (await handle.status()).find(({ role, state }) => role === 'master' && state === 'failed');
  if (!lost) return;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `${masterUrl} leads nowhere any more: ${lost.reason ?? 'no reason known'}`,
    {
      hint: `see the state of the fleet: ${atPlace(`loadwright status ${fleetId}`, context)}; and try again: ${atPlace(`loadwright ui ${fleetId} --hold`, context)}`,
    },
  );
}
