import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { readOptions, usage, type Options } from './options.js';
import { Problem } from './problem.js';
import { chooseProject, writeProject, type Project } from './project.js';
import { requirePython } from './python.js';

/** Where the command is called. */
export interface World {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  readonly say: (line: string) => void;
}

/**
 * The command `create-loadwright`. It has no dependencies, so that it starts at once: the questions are those of `loadwright init`,
 * in the version that the project then has.
 *
 * @returns the exit code
 */
export function main(argv: readonly string[], world: World): number {
  try {
    const options = readOptions(argv);
    if (options.help) {
      world.say(usage);
      return 0;
    }
    return create(options, world);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    world.say(`error: ${error.message}`);
    world.say(`hint: ${error.hint}`);
    return error.exitCode;
  }
}

function create(options: Options, world: World): number {
  if (options.target === undefined && (options.yes || !world.isTerminal)) {
    throw new Problem(
      'what is tested? There is nobody to ask',
      'name it: npm create loadwright@latest -- --target sagemaker --yes',
      2,
    );
  }
  const project = chooseProject(options, world.cwd);
  if (!options.withoutPython) requirePython(world.environment);
  writeProject(project);
  install(project, world);
  const command = ['node_modules/loadwright/bin/loadwright.js', 'init', '--payload-file', ...options.init];
  // The commands that it prints are for whoever installed it, which is not always who was asked: `yarn create`.
  const environment = { ...world.environment, npm_config_user_agent: managerOf(world) };
  const exitCode = run(process.execPath, command, project, { ...world, environment });
  if (exitCode === 0 && !project.isHere) {
    world.say(`\nAll of it in the new folder: cd ${relative(world.cwd, project.folder)}`);
  }
  return exitCode;
}

/** How each of them runs a command of the project. */
const commands = { npm: 'npx --no-install loadwright', pnpm: 'pnpm exec loadwright' } as const;

/** pnpm and npm say in it who they are; both make a node_modules in which the package is found. */
function managerOf({ environment }: World): keyof typeof commands {
  return environment['npm_config_user_agent']?.startsWith('pnpm/') ? 'pnpm' : 'npm';
}

function install(project: Project, world: World): void {
  const manager = managerOf(world);
  world.say(`Installing Loadwright in ${project.folder}, which may take a minute`);
  const quiet = manager === 'npm' ? ['--no-audit', '--no-fund'] : [];
  if (run(manager, ['install', ...quiet], project, world) === 0) return;
  throw new Problem(
    `${manager} install did not succeed in ${project.folder}`,
    `when what it says is mended, go on there: ${manager} install && ${commands[manager]} init`,
    97,
  );
}

function run(command: string, args: readonly string[], { folder }: Project, { environment }: World): number {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...environment },
    stdio: 'inherit',
  });
  if (error) throw new Problem(`${command} cannot be run: ${error.message}`, 'is it on the PATH?', 97);
  // Ended by a signal: as a shell says it of Ctrl-C.
  return status ?? 130;
}
