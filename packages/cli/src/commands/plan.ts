import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import {
  addConfigurationFlags,
  loadConfiguration,
  type ConfigurationFlags,
} from '../config/configuration.js';
import type { Context } from '../shell/context.js';
import { createFleet } from '../fleet/create-fleet.js';
import { createConfiguredTest } from '../run/load-test.js';
import { formatPlan, planDocument } from '../output/fleet.js';
import { describeTrace } from '../output/load.js';
import { exampleOf } from '../fleet/fleet-kinds.js';
import { examples } from '../output/help.js';
import { formatActions } from '../output/policy.js';
import { repeating } from '../shell/given.js';
import { columnsOf } from '../output/wrap.js';
import { overriddenFleet } from '../fleet/find-fleet.js';
import { addFleetOverrides, besideLoad, placeFlags, type FleetFlags } from '../fleet/fleet-flags.js';

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetOverrides(addConfigurationFlags(command), context, { makes: true })
    .description(
      'What a deployment would make, which permissions it needs, and what it costs. Changes nothing, costs nothing.',
    )
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright plan', 'of the fleet of the configuration'],
        [`loadwright plan ${example.flags}`, `what it would be on ${example.title}`],
        ['loadwright plan --duration 1h', 'and for an hour of load'],
      ]),
    )
    .action(context.action((options: ConfigurationFlags & FleetFlags) => plan(options, context)));
}

async function plan(options: ConfigurationFlags & FleetFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const loaded = await loadConfiguration(options, io, 'plan');
  const test = await createConfiguredTest(loaded, { environment: io.environment });
  const flags = besideLoad(options);
  const fleet = await createFleet(overriddenFleet(loaded.config.fleet, flags, context), context, flags);
  const { plan: made, request, trace } = await test.plan(fleet);
  if (context.json)
    context.printJson({ fleet: fleet.kind, ...planDocument(made, request), ...(trace && { trace }) });
  else {
    context.printText(
      ...formatPlan(made, request, colors),
      ...(trace ? [`${colors.bold('Trace')} ${describeTrace(trace)}`] : []),
      '',
      ...formatActions(
        made.permissions,
        columnsOf(io.stdout),
        colors,
        repeating('loadwright iam policy', context.given, placeFlags(context)),
      ),
    );
  }
  return exitCodes.pass;
}
