import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { parseDuration } from '@loadwright/core';
import { parseRate } from '@loadwright/core/command';
import { settings } from '@loadwright/core/config';
import { main } from '../../packages/cli/src/main.js';
import { createProgram } from '../../packages/cli/src/program.js';
import { createContext } from '../../packages/cli/src/shell/create-context.js';
import { shellWords } from '../../packages/cli/src/import/shell-words.js';
import { readPercent } from '../../packages/cli/src/shell/parse.js';
import { parseTiers } from '../../packages/core/src/calibrate/objectives.js';
import { parseGates } from '../../packages/core/src/compare/figures.js';
import { root } from './documents.js';

type Command = Awaited<ReturnType<typeof createProgram>>;

/** A command line that a file shows its readers. */
export interface Printed {
  /** `docs/how-to/compare.md:25` */
  readonly place: string;
  readonly line: string;
  /** Whether it is to be typed as it is: not a name of a command within a sentence. */
  readonly isWhole: boolean;
}

/** A block of commands in a Markdown file. */
export interface ShellBlock {
  readonly place: string;
  readonly path: string;
  /** Without indentation, each command a line. */
  readonly lines: readonly string[];
}

/** Notes of releases name commands as they were. */
const isHistory = (path: string) => /^(CHANGELOG\.md|\.changeset\/)/.test(path);

const files = execFileSync(
  'git',
  [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.md',
    '*.yaml',
    '*package.json',
    '*/project.ts',
  ],
  { cwd: root, encoding: 'utf8' },
)
  .trim()
  .split('\n')
  .filter((path) => !isHistory(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length;
const fence = /^(?<indent> *)(?<mark>`{3,})(?<language>\w*)[^`\n]*\n(?<text>[\s\S]*?)^ *\k<mark>$/gm;

/** Every block of the documentation that is written for a shell, also those within lists. */
export const shellBlocks: readonly ShellBlock[] = files
  .filter(({ path }) => path.endsWith('.md'))
  .flatMap(({ path, text }) =>
    [...text.matchAll(fence)]
      .filter(({ groups }) => /^(sh|bash|shell|console)$/.test(groups!['language']!))
      .map(({ index, groups }) => ({
        place: `${path}:${lineOf(text, index)}`,
        path,
        lines: groups!
          ['text']!.replaceAll(/\\\n\s*/g, '')
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      })),
  );

const invocation = /(?:^|[\s;&|("'`])(?:npx --no-install )?loadwright (?<words>(?!-)[\s\S]+)/;

/** The commands within a text: of a line for a shell what comes before a pipe, a redirection or the next command. */
export function argumentsOf(line: string): string | undefined {
  const words = invocation.exec(line)?.groups?.['words'];
  return words && (/^(?:'[^']*'|"[^"]*"|<[\w ,-]+>|[^'"|&;>])*/.exec(words)?.[0] ?? '').trim();
}

const inText: readonly Printed[] = files.flatMap(({ path, text }) => {
  const patterns = path.endsWith('.md')
    ? // Inline code, and what workflows of CI within a page run.
      [/(?<!`)`(?<line>(?:npx --no-install )?loadwright [^`]+)`(?!`)/g, /^ *(?:- )?run: (?<line>npx .*)$/gm]
    : [
        /^ *(?:- )?run: (?<line>npx .*)$/gm,
        /"(?<line>loadwright [^"]+)"/g,
        /'(?<line>loadwright [^']+)',$/gm,
      ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, groups }) => ({
      place: `${path}:${lineOf(text, index)}`,
      line: groups!['line']!.replaceAll(/\s+/g, ' '),
      isWhole: groups!['line']!.startsWith('npx') && !path.endsWith('SKILL.md') && !/`/.test(text[index]!),
    })),
  );
});

/** Every command line of Loadwright that pages, examples, templates and the skill show. */
export const printed: readonly Printed[] = [
  ...shellBlocks.flatMap(({ place, lines }) => lines.map((line) => ({ place, line, isWhole: true }))),
  ...inText,
].flatMap(({ line, ...rest }) => {
  const found = argumentsOf(line);
  return found === undefined ? [] : [{ ...rest, line: found }];
});

/** What a sentence may leave out of a command that it names. */
const leftOut = [...['missingArgument', 'missingMandatoryOptionValue', 'optionMissingArgument', 'help']].map(
  (code) => `commander.${code}`,
);

const mustBe = (isRight: boolean, text: string, what: string) => {
  if (!isRight) throw new Error(`${text} is no ${what}`);
};

/** What is written after a flag, by the name that its help gives it; throws for what is none. */
const values: Readonly<Record<string, (text: string, flag: string) => void>> = {
  rate: (text) => text.split('..').forEach((one) => mustBe(parseRate(one) !== undefined, one, 'rate')),
  duration: (text) => mustBe(parseDuration(text) !== undefined, text, 'duration'),
  number: (text) => mustBe(Number.isFinite(Number(text)), text, 'number'),
  dollars: (text) => mustBe(Number.isFinite(Number(text)), text, 'number'),
  percent: (text, flag) => void readPercent(flag, text),
  'kind=url': (text) => mustBe(/^[a-z][\w-]*=\S+$|^KIND=URL$/.test(text), text, 'kind=url'),
  'condition...': (text) => void parseTiers([{ conditions: [text] }]),
  conditions: (text) => void parseTiers([{ conditions: text.split(',') }]),
  condition: (text, flag) => {
    const known = { time_to_first_token: { kind: 'trend', unit: 'ms', description: 'of streams' } } as const;
    void parseGates(flag === '--require' ? { require: [text] } : { failIf: [text] }, known);
  },
};

/** Checks each value that a command line gives to a flag. */
function readValues(command: Command): void {
  for (const option of command.options) {
    const given = command.getOptionValueSource(option.attributeName()) === 'cli';
    const name = /<(.+)>/.exec(option.flags)?.[1];
    if (!given || name === undefined) continue;
    const flag = option.long!;
    const setting = settings.find(
      (one) => one.flag === flag && option.description.startsWith(one.description),
    );
    for (const text of [command.getOptionValue(option.attributeName()) as unknown].flat().map(String)) {
      if (setting) setting.schema.parse(setting.type === 'number' ? Number(text) : text);
      else values[name]?.(text, flag);
    }
  }
}

/**
 * Reads a command line as the command does, without doing it.
 *
 * @returns what is wrong with it; absent: nothing
 */
export async function misreadBy({ line, isWhole }: Printed): Promise<string | undefined> {
  const words = shellWords(
    line.replaceAll(/<([\w ,-]+)>/g, (_, name: string) => name.replaceAll(/\W+/g, '-')),
  );
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const io = {
    cwd: root,
    environment: {},
    stdin: Readable.from([]),
    stdout: nowhere(),
    stderr: nowhere(),
    now: Date.now,
    onSignal: () => () => {},
    openFile: async () => {},
  };
  const context = createContext(words, io, main);
  const program = await createProgram(words, context);
  let read: Command | undefined;
  const withoutAction = (command: Command) => {
    if (command.commands.length === 0 || command.registeredArguments.length > 0)
      command.action(() => void (read = command));
    command.exitOverride((error) => {
      throw error;
    });
    command.commands.forEach(withoutAction);
  };
  withoutAction(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    if (read !== undefined) readValues(read);
    return read === undefined && isWhole ? 'does nothing' : undefined;
  } catch (error) {
    const { code = '', message, exitCode } = error as { code?: string; message: string; exitCode?: number };
    const isPlaceholder = code === 'commander.invalidArgument' && line.includes('<');
    if (exitCode === 0 || (!isWhole && (isPlaceholder || leftOut.includes(code)))) return undefined;
    return message.replace(/^error: /, '');
  }
}
