import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { builtInTargets } from '../config/built-in-targets.js';
import type { Context } from './context.js';
import { examples } from '../output/help.js';

/**
 * Adds `completion <shell>`, which prints a script, and the hidden `complete`, which the script asks. The library
 * writes both to the process's own stdout.
 */
export function addCompletion(program: Command, context: Context, summary: string): void {
  const completion = tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.summary(summary)
    .addHelpText(
      'after',
      examples(context, [
        ['source <(loadwright completion bash)', 'for this shell'],
        ['loadwright completion zsh > ~/.loadwright.zsh', 'to be sourced in ~/.zshrc'],
      ]),
    );
  for (const command of completion.commands.values()) {
    const target = command.arguments.get('target');
    if (!target) continue;
    target.handler = (complete) => {
      for (const kind of Object.keys(builtInTargets)) complete(kind, '');
    };
  }
}
