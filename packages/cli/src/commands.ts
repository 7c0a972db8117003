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
