import type { Command } from 'commander';
import type { Context } from './context.js';

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
    load: () => import('./commands/init.js'),
  },
  {
    usage: 'run',
    summary: 'run the load test of the configuration file',
    load: () => import('./commands/run.js'),
  },
  {
    usage: 'plan',
    summary: 'what a fleet would be, what it costs, and what it needs',
    load: () => import('./commands/plan.js'),
  },
  {
    usage: 'deploy',
    summary: 'make a fleet that stays, without a load',
    load: () => import('./commands/deploy.js'),
  },
  {
    usage: 'start <run>',
    summary: 'start the load on a fleet that stands',
    load: () => import('./commands/start.js'),
  },
  {
    usage: 'attach <run>',
    summary: 'watch the load of a run until it ends',
    load: () => import('./commands/attach.js'),
  },
  {
    usage: 'stop <run>',
    summary: 'end the load of a run; its machines stay',
    load: () => import('./commands/stop.js'),
  },
  {
    usage: 'status [run]',
    summary: 'what a run is doing',
    load: () => import('./commands/status.js'),
  },
  {
    usage: 'logs <run>',
    summary: 'what the machines of a run log',
    load: () => import('./commands/logs.js'),
  },
  {
    usage: 'ui <run>',
    summary: "address and login of a run's web UI",
    load: () => import('./commands/ui.js'),
  },
  {
    usage: 'results <run>',
    summary: 'download what a run measured',
    load: () => import('./commands/results.js'),
  },
  {
    usage: 'destroy <run>',
    summary: 'remove everything of a run',
    load: () => import('./commands/destroy.js'),
  },
  {
    usage: 'list',
    summary: 'the runs that stand, and what they cost',
    load: () => import('./commands/list.js'),
  },
  {
    usage: 'gc',
    summary: 'remove what runs left behind',
    load: () => import('./commands/gc.js'),
  },
  {
    usage: 'iam',
    summary: 'the permissions that a fleet needs',
    load: () => import('./commands/iam.js'),
  },
  {
    usage: 'render',
    summary: 'write the files that Locust runs, to be run by hand',
    load: () => import('./commands/render.js'),
  },
  {
    usage: 'emulate <target>',
    summary: 'start a local stand-in for a service',
    load: () => import('./commands/emulate.js'),
  },
  {
    usage: 'report [run]',
    summary: 'show a past run again',
    load: () => import('./commands/report.js'),
  },
  {
    usage: 'export [run]',
    summary: 'write what a past run measured as CSV, Parquet, HdrHistogram, OpenMetrics or OTLP',
    load: () => import('./commands/export.js'),
  },
  {
    usage: 'targets',
    summary: 'what can be tested, and with which options',
    load: () => import('./commands/targets.js'),
  },
  {
    usage: 'config',
    summary: 'the resolved configuration, and its JSON Schema',
    load: () => import('./commands/config.js'),
  },
  {
    usage: 'doctor',
    summary: 'check that this machine and this project are ready',
    load: () => import('./commands/doctor.js'),
  },
];

/** Of the command that the completion library adds. */
export const completionSummary = 'print the completion script of a shell: bash, zsh, fish or powershell';
