import type { Command } from 'commander';
import { examples } from '../../output/help.js';
import type { Context } from '../../shell/context.js';
import { configureApply, configureRollback, configureShow } from './scaling/live.js';
import { configureSimulate } from './scaling/simulate.js';
import { configureVerify } from './scaling/verify.js';

export function configure(command: Command, context: Context): void {
  configureSimulate(command.command('simulate'), context);
  configureShow(command.command('show'), context);
  configureApply(command.command('apply'), context);
  configureVerify(command.command('verify'), context);
  configureRollback(command.command('rollback'), context);
  command.addHelpText(
    'after',
    examples(context, [
      ['loadwright scaling simulate --peak 3000/s --ramp 10m --capacity 42/s', 'policies side by side'],
      ['loadwright scaling show', 'what scales the endpoint of the configuration'],
      ['loadwright scaling apply --peak 3000/s --ramp 10m --capacity 42/s', 'set what is recommended'],
      ['loadwright scaling verify --peak 300/s --ramp 10m --capacity 42/s --p95 200ms', 'replay two ramps'],
      ['loadwright scaling rollback', 'put back what was there'],
    ]),
  );
}
