import type { Command } from 'commander';
import type { Context } from './shell/context.js';

/** A command's file: adds options, help and action to the command of the table below. */
export interface CommandModule {
  configure(command: Command, context: Context): void | Promise<void>;
}

interface CommandEntry {
  /** Name and arguments, as commander writes them. */
  readonly usage: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** Every command. Only the one that is asked for is loaded. */
export const commands: readonly CommandEntry[] = [
  {
    usage: 'demo [target]',
    summary: 'run a short load test of an emulator on this machine, from start to report',
    load: () => import('./commands/demo.js'),
  },
  {
    usage: 'init [target]',
    summary: 'write a configuration file that runs at once',
    load: () => import('./commands/project/init.js'),
  },
  {
    usage: 'import <kind> <source>',
    summary: 'make a configuration from OpenAPI, curl commands or a HAR file',
    load: () => import('./commands/project/import.js'),
  },
  {
    usage: 'run',
    summary: 'run the load test of the configuration file',
    load: () => import('./commands/run.js'),
  },
  {
    usage: 'plan',
    summary: 'show the resources, cost and permissions of a fleet',
    load: () => import('./commands/plan.js'),
  },
  {
    usage: 'deploy',
    summary: 'deploy a fleet, without a load',
    load: () => import('./commands/fleet/deploy.js'),
  },
  {
    usage: 'start <fleet>',
    summary: 'start a load on a deployed fleet',
    load: () => import('./commands/fleet/start.js'),
  },
  {
    usage: 'follow <fleet>',
    summary: 'watch the load on a fleet until it ends',
    load: () => import('./commands/fleet/follow.js'),
  },
  {
    usage: 'stop <fleet>',
    summary: 'end the load on a fleet; the fleet stays',
    load: () => import('./commands/fleet/stop.js'),
  },
  {
    usage: 'scale <fleet>',
    summary: 'change the number of workers of a fleet, also under load',
    load: () => import('./commands/fleet/scale.js'),
  },
  {
    usage: 'status [fleet]',
    summary: 'show the state of a fleet',
    load: () => import('./commands/fleet/status.js'),
  },
  {
    usage: 'logs <fleet>',
    summary: 'print the logs of a fleet',
    load: () => import('./commands/fleet/logs.js'),
  },
  {
    usage: 'ui <fleet>',
    summary: "print address and login of a fleet's web UI",
    load: () => import('./commands/fleet/ui.js'),
  },
  {
    usage: 'results <fleet>',
    summary: 'download the measurements of the newest load on a fleet',
    load: () => import('./commands/fleet/results.js'),
  },
  {
    usage: 'destroy <fleet>',
    summary: 'remove a fleet',
    load: () => import('./commands/fleet/destroy.js'),
  },
  {
    usage: 'list',
    summary: 'list the deployed fleets and their cost',
    load: () => import('./commands/fleet/list.js'),
  },
  {
    usage: 'gc',
    summary: 'remove expired and orphaned fleets',
    load: () => import('./commands/fleet/gc.js'),
  },
  {
    usage: 'iam',
    summary: 'print the permissions that a fleet needs',
    load: () => import('./commands/fleet/iam.js'),
  },
  {
    usage: 'render',
    summary: 'write the files that Locust runs, to be run by hand',
    load: () => import('./commands/results/render.js'),
  },
  {
    usage: 'size',
    summary: 'measure what a request costs, and how many machines send a rate',
    load: () => import('./commands/capacity/size.js'),
  },
  {
    usage: 'calibrate',
    summary: 'find the highest rate at which an objective holds',
    load: () => import('./commands/capacity/calibrate.js'),
  },
  {
    usage: 'image',
    summary: 'push the files that Locust runs to a registry, as a container image',
    load: () => import('./commands/image.js'),
  },
  {
    usage: 'emulate <target>',
    summary: 'start a local stand-in for a service',
    load: () => import('./commands/emulate.js'),
  },
  {
    usage: 'origin',
    summary: 'serve the URLs of a dht load test from this machine',
    load: () => import('./commands/origin.js'),
  },
  {
    usage: 'report [run]',
    summary: 'show a past run again',
    load: () => import('./commands/results/report.js'),
  },
  {
    usage: 'compare [baseline] [candidate]',
    summary: 'compare runs before a change with runs after it',
    load: () => import('./commands/results/compare.js'),
  },
  {
    usage: 'baseline',
    summary: 'keep runs as a named baseline, and choose what later runs are compared with',
    load: () => import('./commands/results/baseline.js'),
  },
  {
    usage: 'workflow',
    summary: 'carry out several steps as one: deploy, run, compare, destroy',
    load: () => import('./commands/workflow.js'),
  },
  {
    usage: 'export [run]',
    summary: 'write what a past run measured as CSV, Parquet, HdrHistogram, OpenMetrics or OTLP',
    load: () => import('./commands/results/export.js'),
  },
  {
    usage: 'recommend',
    summary: 'recommend how an endpoint should scale',
    load: () => import('./commands/capacity/recommend.js'),
  },
  {
    usage: 'scaling',
    summary: 'simulate, show, set, verify and put back how an endpoint scales',
    load: () => import('./commands/capacity/scaling.js'),
  },
  {
    usage: 'targets',
    summary: 'what can be tested, and with which options',
    load: () => import('./commands/project/targets.js'),
  },
  {
    usage: 'create-target <name>',
    summary: 'write a package with a target of your own, which runs at once',
    load: () => import('./commands/project/create-target.js'),
  },
  {
    usage: 'config',
    summary: 'the resolved configuration, and its JSON Schema',
    load: () => import('./commands/project/config.js'),
  },
  {
    usage: 'explain [name]',
    summary: 'explain an error code, a kind of failure or a reason for INVALID',
    load: () => import('./commands/explain.js'),
  },
  {
    usage: 'doctor [fleet]',
    summary: 'check this machine and this project, or find out why a fleet does not work',
    load: () => import('./commands/project/doctor.js'),
  },
  {
    usage: 'mcp',
    summary: 'serve agents by the Model Context Protocol; what costs needs a person',
    load: () => import('./commands/mcp.js'),
  },
];

/** Of the command that the completion library adds. */
export const completionSummary = 'print the completion script of a shell: bash, zsh, fish or powershell';
