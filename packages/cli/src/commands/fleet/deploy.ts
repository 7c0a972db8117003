import { createFleetId, type PlannedFleet } from '@loadwright/core';
import { fingerprintOf } from '@loadwright/core/fleet';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import {
  addConfigurationFlags,
  loadConfiguration,
  resultsOf,
  type ConfigurationFlags,
} from '../../config/configuration.js';
import { confirm, repeatable, requireConsent, type ConsentFlags } from '../../shell/confirm.js';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { createLiveView } from '../../live/view.js';
import { createConfiguredTest } from '../../run/load-test.js';
import { factFormatter } from '../../output/table.js';
import { formatEnd, formatPlan, planDocument } from '../../output/fleet.js';
import { exampleOf } from '../../fleet/fleet-kinds.js';
import { examples } from '../../output/help.js';
import { widthOf, wrapText } from '../../output/wrap.js';
import { requireName } from '../../fleet/name.js';
import { configuredFleet, findFleetId, lookUpFleet, mayExistAfter } from '../../fleet/find-fleet.js';
import { addFleetOverrides, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';

type DeployFlags = ConfigurationFlags &
  FleetFlags &
  ConsentFlags & {
    readonly resume?: string;
    readonly name?: string;
    readonly skipPreflight?: boolean;
    readonly live: boolean;
  };

/** Flags that `plan` lacks, or that name something else there. */
const ofDeployAlone: ReadonlySet<string> = new Set(['--name', '--resume', '--skip-preflight', '--no-live']);

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetOverrides(addConfigurationFlags(command, ['--name']), context, { makes: true })
    .description(
      'Deploy the fleet of the configuration: all workers connected, no load started. ' +
        'Exit codes: 0 deployed, 97 it could not be deployed and nothing is left, 98 resources may remain, 105 stopped.',
    )
    .option('--yes', 'do not ask')
    .option('--skip-preflight', 'make no request to the service')
    .option('--name <name>', 'a name to use for the fleet in place of its id: letters, digits and hyphens')
    .addOption(new Option('--resume <fleet>', 'continue a deployment that was interrupted').conflicts('name'))
    .option('--no-live', 'plain lines instead of the live view')
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright deploy', 'show plan and price, ask, deploy'],
        ['loadwright deploy --yes --workers 16', 'without a question'],
        ['loadwright deploy --name koorde-lab', 'then: loadwright run --on koorde-lab'],
        [`loadwright deploy ${example.flags}`, `on ${example.title}; overrides the file`],
        ['loadwright deploy --resume 20261123-090000-4f32386de5', 'continue after a crash'],
      ]),
    )
    .action(context.action((options: DeployFlags) => deploy(options, context)));
}

async function deploy(options: DeployFlags, context: Context): Promise<ExitCode> {
  // First of all: a flag that was taken for a fleet id is missing elsewhere.
  if (options.resume !== undefined) requireName(options.resume);
  const { io, colors } = context;
  // That of the fleet, not of the test.
  const { name, ...ofTest } = options;
  const loaded = await loadConfiguration(ofTest, io, 'deploy');
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const fleet = await configuredFleet(
    loaded,
    options,
    context,
    options.resume === undefined ? undefined : { command: 'deploy --resume', reference: options.resume },
  );
  const ofPlan = repeatable(context).filter((flag) => !ofDeployAlone.has(flag));
  requireConsent(['deploy', 'plan', ofPlan], options, context);
  const fleetId =
    options.resume === undefined ? createFleetId() : await findFleetId(fleet, options.resume, context);
  const stream = context.json ? io.stderr : io.stdout;
  const { live } = options;
  let view = createLiveView(io, stream, { live });
  const type = (command: string) => atPlace(`loadwright ${command}`, context, { besideLoad: true });
  let planned: PlannedFleet | undefined;
  let mayExist = false;
  const { handle, resultsDirectory } = await interruptible(
    io,
    {
      onStop: (signal) =>
        view.say(`stopping (${signal}): what was made is removed; press Ctrl-C again to leave at once`),
      abandoned: `finish the clean-up: ${type(`destroy ${fleetId}`)}`,
      remaining: () => (mayExist ? [fleetId] : []),
    },
    (signal) =>
      test.deploy({
        fleet,
        fleetId,
        ...(name !== undefined && { name }),
        signal,
        skipPreflight: options.skipPreflight ?? false,
        onProgress: (event) => {
          mayExist = mayExistAfter(event, mayExist);
          view.onProgress(event);
        },
        agree: async (proposed) => {
          planned = proposed;
          // The question needs the terminal for itself.
          view.close();
          view = createLiveView(io, stream, { live: false });
          const text = formatPlan(proposed.plan, proposed.request, colors).join('\n');
          stream.write(`\n${wrapText(text, widthOf(stream))}\n\n`);
          await confirm('Deploy this?', options, context, { signal });
          view = createLiveView(io, stream, { live });
        },
        resultsDirectory: resultsOf(loaded),
      }),
  ).finally(() => view.close());

  const deployed = await lookUpFleet(fleet, fleetId);
  const { masterUrl: url, isForwarded, expectedWorkers: workers, certificate } = handle;
  const fingerprint = certificate && fingerprintOf(certificate);
  const called = deployed?.name ?? fleetId;
  const ui = type(`ui ${called}${isForwarded ? ' --hold' : ''}`);
  if (context.json) {
    context.printJson({
      fleetId,
      ...(deployed?.name !== undefined && { name: deployed.name }),
      fleet: fleet.kind,
      ...(!isForwarded && { url }),
      ...(fingerprint && { fingerprint }),
      ui,
      workers,
      ...(deployed?.expiresAt && { expiresAt: deployed.expiresAt }),
      resultsDirectory,
      ...(planned && planDocument(planned.plan, planned.request)),
    });
    return exitCodes.pass;
  }
  const fact = factFormatter(colors);
  context.print(
    '',
    `${colors.green('✓')} fleet ${colors.bold(fleetId)} is deployed: ${workers} ${workers === 1 ? 'worker' : 'workers'} connected, no load yet`,
    fact('web UI', isForwarded ? ui : `${url} (login: ${ui})`),
    ...(fingerprint ? [fact('SHA-256', `${fingerprint} ${colors.dim('of its certificate')}`)] : []),
    ...(deployed ? [fact('ends', formatEnd(deployed, new Date(io.now())))] : []),
    fact('test', type(`run --on ${called}`)),
    fact('remove', type(`destroy ${called}`)),
  );
  return exitCodes.pass;
}
