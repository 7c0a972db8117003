import { parseArgs } from 'node:util';
import { Problem } from './problem.js';

export const usage = `Makes a project of load tests: installs Loadwright, asks three questions and writes a configuration.

  npm create loadwright@latest [folder] [-- options]

The folder is new or empty. Default: this one where it is empty, otherwise load-tests.

  --target <kind>        sagemaker, databricks, rest, chalice, dht, or a package
  --set <name=value>     an option of the target, such as baseUrl=https://…; may be repeated
  --users <number>       users of the load
  --arrival-rate <rate>  requests a second instead, such as 50/s
  --duration <duration>  length of the load, such as 1m
  --format <format>      of the configuration: ts, json, yaml
  --yes                  ask nothing: example values for what is not given
  --name <name>          of the package, instead of the folder's
  --without-python       go on where no Python is found
  --help                 this text
`;

const flags = {
  target: { type: 'string' },
  set: { type: 'string', multiple: true },
  users: { type: 'string' },
  'arrival-rate': { type: 'string' },
  duration: { type: 'string' },
  format: { type: 'string' },
  yes: { type: 'boolean' },
  name: { type: 'string' },
  'without-python': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Flags that `loadwright init` has, too. */
const ofInit = ['target', 'set', 'users', 'arrival-rate', 'duration', 'format', 'yes'] as const;

export interface Options {
  readonly folder: string | undefined;
  readonly name: string | undefined;
  readonly target: string | undefined;
  readonly yes: boolean;
  readonly withoutPython: boolean;
  readonly help: boolean;
  /** What `loadwright init` is given. */
  readonly init: readonly string[];
}

/** @throws Problem when the command line cannot be understood */
export function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  if (positionals.length > 1) {
    throw new Problem(`one folder is enough: found ${positionals.join(', ')}`, 'see --help', 2);
  }
  return {
    folder: positionals[0],
    name: values.name,
    target: values.target,
    yes: values.yes ?? false,
    withoutPython: values['without-python'] ?? false,
    help: values.help ?? false,
    init: ofInit.flatMap((flag) =>
      [values[flag] ?? []].flat().map((value) => (value === true ? `--${flag}` : `--${flag}=${value}`)),
    ),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw new Problem((error as TypeError).message, 'see --help', 2);
  }
}
