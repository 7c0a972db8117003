import { redactOptions } from '@loadwright/core/command';
import { resolveTestLoad } from '@loadwright/core/fleet';
import { tolerableRuleIds, type TolerableRuleId } from '@loadwright/core';
import type { Emulator } from '@loadwright/core/target';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { LoadedConfig } from '@loadwright/core/config';
import { builtInExporters, prepareExporters } from '@loadwright/core/exporters';
import { Option, type Command } from 'commander';
import { stringify } from 'yaml';
import { runAndReport } from '../run/run-and-report.js';
import {
  addConfigurationFlags,
  loadConfiguration,
  resultsOf,
  type ConfigurationFlags,
} from '../config/configuration.js';
import { exporterOfFlag } from '../config/exporter-flag.js';
import type { Context } from '../shell/context.js';
import { collect } from '../shell/parse.js';
import { besideEmulator, pointAt, startEmulatorOf } from '../run/emulation.js';
import { createFleet } from '../fleet/create-fleet.js';
import { createConfiguredTest } from '../run/load-test.js';
import { formatPlan, planDocument } from '../output/fleet.js';
import { exampleOf } from '../fleet/fleet-kinds.js';
import { examples } from '../output/help.js';
import { formatActions } from '../output/policy.js';
import { repeating } from '../shell/given.js';
import { columnsOf } from '../output/wrap.js';
import { configuredFleet, findDeployedFleet, overriddenFleet, requireLasting } from '../fleet/find-fleet.js';
import { addFleetOverrides, besideLoad, placeFlags, type FleetFlags } from '../fleet/fleet-flags.js';
import { requireName } from '../fleet/name.js';
import { requireTimeLeft } from '../fleet/time-left.js';

interface RunOptions extends ConfigurationFlags, FleetFlags {
  readonly baseline?: string;
  readonly failIf?: readonly string[];
  readonly require?: readonly string[];
  readonly runVariation?: string;
  readonly keepFleet?: boolean;
  readonly on?: string;
  readonly emulator?: boolean;
  readonly dryRun?: boolean;
  readonly live: boolean;
  readonly web?: boolean;
  readonly interactive?: boolean;
  readonly tolerate?: readonly TolerableRuleId[];
  readonly skipPreflight?: boolean;
  readonly observe?: boolean;
  readonly export?: readonly string[];
}

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetOverrides(addConfigurationFlags(command), context, { makes: true })
    .description(
      'Run the load test of the configuration file: check, start the fleet, load, judge, report, clean up. Asks nothing: a fleet ' +
        'that costs something is made at once, its price is printed, and it is removed at the end; --dry-run only looks. ' +
        'Exit codes: 0 PASS, 99 FAIL, 96 INVALID, 97 the fleet could not be made and nothing is left, 98 something of it is left, ' +
        '104 bad configuration, 105 stopped.',
    )
    .option('--emulator', "load the target's emulator, started for this run, instead of the real service")
    .option('--dry-run', 'print the plan and the resolved configuration; change nothing')
    .addOption(
      new Option('--tolerate <rule...>', 'rules of validity that only warn').choices(tolerableRuleIds),
    )
    .option('--skip-preflight', 'make no request before the load; the report says so')
    .option(
      '--observe',
      'read what the service reports of itself during the load (instances, CPU, its own latencies) into the report',
    )
    .option(
      '--export <kind=url>',
      `hand the figures over while the load runs, beside the file's exporters: ${Object.keys(builtInExporters).join(', ')}, or a plugin; may be repeated`,
      collect,
    )
    .option(
      '--interactive',
      "let Locust's web UI change the load while it runs; every change is recorded in the report",
    )
    .option('--keep-fleet', 'keep the fleet after the run; loadwright destroy removes it')
    .addOption(
      new Option('--on <fleet>', 'on a deployed fleet (loadwright deploy), which stays as it is').conflicts([
        'keepFleet',
        'emulator',
        'dryRun',
      ]),
    )
    .option(
      '--baseline <name>',
      'compare with a saved baseline (loadwright baseline save), and write the comparison beside the report',
    )
    .option(
      '--fail-if <condition>',
      'exit with 99 when a difference to the baseline is shown, such as "p(95)>+5%"; may be repeated',
      collect,
    )
    .option(
      '--require <condition>',
      'exit with 96 unless it is shown, such as "p(95)<+5%": no worse than 5 %; with 99 when the contrary is; may be repeated',
      collect,
    )
    .option(
      '--run-variation <percent>',
      'standard deviation between runs of the same thing; judges against a baseline of one run',
    )
    .option('--no-live', 'plain lines instead of the live view')
    .option(
      '--web',
      'a page of the run on this machine as well: charts, thresholds, and a button that stops it',
    )
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright run', 'as the file says'],
        ['loadwright run --emulator', 'without the real service'],
        ['loadwright run --users 200 --duration 5m', 'more load'],
        ['loadwright run --dry-run', 'what would happen'],
        [
          'loadwright run --export prometheus-remote-write=http://127.0.0.1:9090/api/v1/write',
          'watch it in Grafana',
        ],
        [`loadwright run ${example.flags}`, `on ${example.title}; overrides the file`],
        ['loadwright run --on 4f32386de5 --users 400', 'on a deployed fleet'],
        [
          "loadwright run --baseline main --fail-if 'p(95)>+5%'",
          'fail when it got slower than a saved baseline',
        ],
        ["loadwright run --threshold 'http_req_duration: p(95)<200'", 'fail when it gets slower'],
      ]),
    )
    .action(context.action((options: RunOptions) => run(options, context)));
}

async function run(options: RunOptions, context: Context): Promise<ExitCode> {
  if (options.on !== undefined) requireName(options.on);
  const loaded = await loadWithExporters(options, context);
  if (options.dryRun) return dryRun(loaded, options, context);
  if (!options.emulator) return runAgainst(undefined, loaded, options, context);
  const { definition } = loaded.config.target;
  const { emulator, capacity } = await startEmulatorOf(loaded.config.target);
  try {
    context.note(
      `${definition.kind} emulator: ${emulator.url}${capacity === undefined ? '' : `, serves ${capacity} requests/s at most`}`,
    );
    return await runAgainst(emulator, loaded, options, context);
  } finally {
    await emulator.stop();
  }
}

/** The configuration, with the exporters of the flags beside those of the file: valid, before anything costs something. */
async function loadWithExporters(options: RunOptions, { io }: Context): Promise<LoadedConfig> {
  const loaded = await loadConfiguration(options, io);
  const more = await Promise.all((options.export ?? []).map((text) => exporterOfFlag(text, '--export', io)));
  const exporters = [...(loaded.config.exporters ?? []), ...more];
  prepareExporters(exporters, io.environment);
  return { ...loaded, config: { ...loaded.config, exporters } };
}

const isCompared = ({ baseline, failIf, require, runVariation }: RunOptions) =>
  [baseline, failIf, require, runVariation].some((given) => given !== undefined);

async function runAgainst(
  emulator: Emulator | undefined,
  loaded: LoadedConfig,
  options: RunOptions,
  context: Context,
): Promise<ExitCode> {
  const { live, tolerate = [], keepFleet = false } = options;
  const { environment } = context.io;
  const { target } = loaded.config;
  const lasting =
    options.on === undefined
      ? undefined
      : await configuredFleet(loaded, options, context, { command: 'run --on', reference: options.on });
  const flags = besideLoad(options);
  // Loaded for those alone who compare.
  const compared = isCompared(options) ? await import('../run/baseline.js') : undefined;
  const baseline = await compared?.baselineOfRun(loaded.baseDirectory, options);
  const fleet =
    lasting ?? (await createFleet(overriddenFleet(loaded.config.fleet, flags, context), context, flags));
  if (keepFleet) requireLasting(fleet, context);
  const test = await createConfiguredTest(
    loaded,
    emulator ? pointAt(target, emulator, environment) : { environment },
  );
  if (baseline) await compared!.requireComparable(baseline, test);
  const on = lasting && (await findDeployedFleet(lasting, options.on, context));
  if (on) requireTimeLeft(on, resolveTestLoad(loaded.config.load, 1).durationSeconds, context.io.now());
  return runAndReport(context, test, {
    fleet,
    keepFleet,
    on,
    skipPreflight: options.skipPreflight ?? false,
    // Of an emulator nothing appears late.
    observe: options.observe === true && (emulator ? { waitSeconds: 0 } : true),
    resultsDirectory: resultsOf(loaded),
    exporters: loaded.config.exporters ?? [],
    live,
    web: options.web ?? false,
    interactive: options.interactive ?? false,
    ...(baseline && { compare: (report) => compared!.compareWithBaseline(baseline, report, context) }),
    tolerate: emulator ? [...tolerate, ...besideEmulator] : tolerate,
  });
}

async function dryRun(loaded: LoadedConfig, options: RunOptions, context: Context): Promise<ExitCode> {
  const { environment } = context.io;
  const { colors } = context;
  const test = await createConfiguredTest(loaded, { environment });
  const flags = besideLoad(options);
  const named = overriddenFleet(loaded.config.fleet, flags, context);
  const { plan, request } = await test.plan(await createFleet(named, context, flags));
  const exporters = prepareExporters(loaded.config.exporters ?? [], environment);
  const configuration = {
    ...{ ...test.configuration, workers: request.workers, fleet: redactOptions({}, named) },
    ...(exporters.length > 0 && { exporters: exporters.map((exporter) => exporter.configuration) }),
  };
  if (context.json) {
    context.printJson({ dryRun: true, ...planDocument(plan, request), configuration });
    return exitCodes.pass;
  }
  context.printText(
    colors.bold('Dry run: nothing is changed, nothing is sent.'),
    '',
    ...formatPlan(plan, request, colors),
    ...(options.emulator ? [`The load goes to the ${loaded.config.target.definition.kind} emulator.`] : []),
    '',
    ...formatActions(
      plan.permissions,
      columnsOf(context.io.stdout),
      colors,
      repeating('loadwright iam policy', context.given, placeFlags(context)),
    ),
    '',
    colors.bold('Configuration'),
  );
  context.print(stringify(configuration).trimEnd().replace(/^/gm, '  '));
  return exitCodes.pass;
}
