import { join } from 'node:path';
import { isLoadRunning, openFleet, type TestStatistics } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { findConfigFile, type LoadedConfig } from '@loadwright/core/config';
import type { Command } from 'commander';
import { findResults, readConfiguration } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import type { CliIo } from '../../shell/io.js';
import { examples } from '../../output/help.js';
import { findFleet, findDeployedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';
import { loadFolderPrefix } from '../../run/results.js';

type ResultFlags = FleetFlags & { readonly results?: string };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      'Download everything that was measured in the newest load on a fleet into a folder of that load, ' +
        "{results}/{name}/{fleet}/load-{when it began, UTC}: Locust's own files, the statistics as JSON, the logs.",
    )
    .option('--results <folder>', 'where to (default: as the configuration says, or results)')
    .addHelpText(
      'after',
      examples(context, [['loadwright results 4f32386de5', 'into the folder of results']]),
    )
    .action(context.action((fleet: string, options: ResultFlags) => results(fleet, options, context)));
}

async function results(reference: string, options: ResultFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const fleet = await findFleet(options, context, { command: 'results', reference });
  const { fleetId } = await findDeployedFleet(fleet, reference, context);
  const opened = await openFleet(fleet, fleetId);
  const loaded = await configurationOf(options, io);
  const name = loaded?.config.name ?? loaded?.config.target.definition.kind ?? fleet.kind;
  const before = await opened.statistics();
  const { test } = before;
  const directory = join(
    await findResults(options.results, io),
    name,
    fleetId,
    ...(test ? [folderOf(test)] : []),
  );
  const { files, missing } = await opened.collect(directory);
  const load = test ? (isLoadRunning(before) ? 'running' : 'ended') : 'none';
  if (context.json) context.printJson({ fleetId, directory, load, files, missing });
  else {
    const type = (command: string) => atPlace(`loadwright ${command}`, context, { besideLoad: true });
    const incomplete = {
      none: `there was no load on ${fleetId} yet: these files hold no figures; start one: ${type(`start ${fleetId}`)}`,
      running: `the load is running: these figures are not complete; when it has ended: ${atPlace(`loadwright results ${fleetId}`, context)}`,
      ended: undefined,
    }[load];
    context.print(
      `${colors.green('✓')} ${directory}`,
      ...files.map((file) => `  ${file}`),
      ...(incomplete === undefined ? [] : [`${colors.yellow('!')} ${incomplete}`]),
      `  ${colors.dim('judge     ')}these have no verdict; for one that has: ${type(`run --on ${fleetId}`)}`,
      ...(missing.length > 0 ? [`${colors.yellow('!')} the master did not give ${missing.join(', ')}`] : []),
    );
  }
  return exitCodes.pass;
}

/** Each load has a folder of its own: `load-20261123-091500`. */
function folderOf({ startedAt }: TestStatistics): string {
  const [day = '', time = ''] = new Date(startedAt * 1000)
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .split('T');
  return `${loadFolderPrefix}${day}-${time}`;
}

/** The configuration, where the fleet is found by it. */
async function configurationOf({ config, fleet }: ResultFlags, io: CliIo): Promise<LoadedConfig | undefined> {
  if (config === undefined && (fleet !== undefined || !(await findConfigFile(io.cwd)))) return undefined;
  return readConfiguration({ config }, io);
}
