import { loadwrightVersion, namedElsewhere } from '@loadwright/core/text';
import { LoadwrightError } from '@loadwright/core/errors';
import { Command, type CommanderError, type Option } from 'commander';
import { commands, completionSummary } from './commands.js';
import type { Context } from './shell/context.js';
import { examples } from './output/help.js';
import { columnsOf } from './output/wrap.js';

/** The command line: every command with its arguments, and the options of those that the arguments name. */
export async function createProgram(argv: readonly string[], context: Context): Promise<Command> {
  const { io, colors } = context;
  const program = new Command('loadwright')
    .description('Load tests for model endpoints, run by Locust.')
    .version(loadwrightVersion, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      // Errors are thrown, and printed by main in the one form that all errors have.
      outputError: () => {},
      getOutHelpWidth: () => columnsOf(io.stdout),
      getErrHelpWidth: () => columnsOf(io.stderr),
      getOutHasColors: () => colors.isColorSupported,
      getErrHasColors: () => context.errorColors.isColorSupported,
    })
    .configureHelp({
      styleTitle: (text) => colors.bold(text),
      styleCommandText: (text) => colors.cyan(text),
      styleOptionTerm: (text) => colors.cyan(text),
      styleSubcommandTerm: (text) => colors.cyan(text),
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright demo', 'see a whole load test in half a minute'],
        ['loadwright init sagemaker', 'begin your own'],
        ['loadwright run', 'run it'],
      ]),
    );
  const named = new Set(argv);
  // What can be completed is everything.
  const everything = named.has('complete') || named.has('completion');
  for (const { usage, summary, load } of commands) {
    const command = program
      .command(usage)
      .summary(summary)
      .description(`${capitalise(summary)}.`);
    if (everything || named.has(command.name())) await (await load()).configure(command, context);
  }
  if (everything) {
    const { addCompletion } = await import('./shell/completion.js');
    addCompletion(program, context, completionSummary);
  } else {
    program.command('completion <shell>').summary(completionSummary);
  }
  overrideExit(program);
  return program;
}

/** Turns what commander has to say about the command line into an error of ours. */
function overrideExit(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    throw usageError(error, command);
  });
  command.commands.forEach(overrideExit);
}

/** What somebody types who has used a tool whose argument is its file; it needs no quotes. */
const configurationFile = /^[\w./-]+\.(?:[cm]?[jt]s|json|ya?ml)$/;
const isConfig = ({ long }: Option): boolean => long === '--config';

function usageError(error: CommanderError, command: Command): LoadwrightError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = `run "${commandPath(command)} --help"`;
  if (error.code === 'commander.missingArgument' && message.endsWith("'fleet'")) {
    return new LoadwrightError('USAGE', message, {
      hint: `see the list: loadwright list. Otherwise ${help}`,
    });
  }
  if (error.code === 'commander.missingMandatoryOptionValue') {
    const missing = command.options.find(({ flags }) => message.includes(`'${flags}'`));
    return new LoadwrightError('USAGE', message, {
      hint: `${missing?.long}: ${missing?.description}. For more, ${help}`,
    });
  }
  const file = command.args.find((argument) => configurationFile.test(argument));
  if (error.code === 'commander.excessArguments' && file && command.options.some(isConfig)) {
    return new LoadwrightError('USAGE', message, {
      hint: `a configuration file is named by an option: ${commandPath(command)} --config ${file}. Otherwise ${help}`,
    });
  }
  const meant = error.code === 'commander.unknownOption' ? optionMeant(message, command) : undefined;
  if (meant) {
    return new LoadwrightError('USAGE', message, { hint: `did you mean ${meant}? Otherwise ${help}` });
  }
  return new LoadwrightError('USAGE', message, {
    hint: suggestion ? `${suggestion.replace(/^\(Did/, 'did').replace(/\)$/, '')} Otherwise ${help}` : help,
  });
}

/** The option that other tools call so. */
function optionMeant(message: string, { options }: Command): string | undefined {
  const [, word = ''] = /'--([^'=]+)/.exec(message) ?? [];
  const name = namedElsewhere(
    word,
    options.map((option) => option.attributeName()),
  );
  return options.find((option) => option.attributeName() === name)?.long;
}

function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name();
}

function argumentTerm(argument: Command['registeredArguments'][number]): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
