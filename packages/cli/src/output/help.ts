import type { Context } from '../shell/context.js';

/** The examples under a command's help. */
export function examples(
  { colors, asTyped }: Context,
  commands: readonly (readonly [command: string, meaning: string])[],
): string {
  const list = commands.map(([command, meaning]) => [asTyped(command), meaning] as const);
  const width = Math.max(...list.map(([command]) => command.length));
  // Beside each other while that fits a terminal, otherwise the meaning goes below its command.
  const lines =
    width <= 44
      ? list.map(([command, meaning]) => `  ${command.padEnd(width)}  ${colors.dim(meaning)}`)
      : list.flatMap(([command, meaning]) => [`  ${colors.dim(`# ${meaning}`)}`, `  ${command}`]);
  return `\n${colors.bold('Examples:')}\n${lines.join('\n')}`;
}
