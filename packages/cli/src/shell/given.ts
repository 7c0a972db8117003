import type { Command } from 'commander';

/** Options as they were given on the command line, by their flag: `--config` has one value, a flag without a value none. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/** What the command line says of a command that was parsed; defaults are not given. */
export function givenOptions(command: Command): GivenOptions {
  const given = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  return new Map(
    given.flatMap((option): [string, string[]][] => {
      const { long = '', negate } = option;
      const value = command.getOptionValue(option.attributeName()) as unknown;
      if (typeof value !== 'boolean') return [[long, [value].flat().map(String)]];
      return value === !negate ? [[long, []]] : [];
    }),
  );
}

/**
 * A command to type, with options of this one: it works as it is printed.
 *
 * @param flags Those of the options that the command has too.
 */
export function repeating(command: string, given: GivenOptions, flags: readonly string[]): string {
  const words = [...given]
    .filter(([flag]) => flags.includes(flag))
    .flatMap(([flag, values]) =>
      values.length === 0 ? [flag] : values.map((value) => `${flag} ${shellWord(value)}`),
    );
  return [command, ...words].join(' ');
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
