import type { Context } from '../shell/context.js';

/** The examples under a command's help. */
export function examples(
  { colors }: Context,
  list: readonly (readonly [command: string, meaning: string])[],
): string {
  const width = Math.max(...list.map(([command]) => command.length));
  // Beside each other while that fits a terminal, otherwise the meaning goes below its command.
  const lines =
    width <= 44
      ? list.map(([command, meaning]) => `  ${command.padEnd(width)}  ${colors.dim(meaning)}`)
      : list.flatMap(([command, meaning]) => [`  ${colors.dim(`# ${meaning}`)}`, `  ${command}`]);
  return `\n${colors.bold('Examples:')}\n${lines.join('\n')}`;
}
