import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { main } from './main.js';

let world: string;
let programs: string;

const program = (name: string, text: string) => {
  writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(programs, name), 0o755);
};

beforeEach(() => {
  world = mkdtempSync(join(tmpdir(), 'create-loadwright-'));
  programs = join(world, 'programs');
  mkdirSync(programs);
  mkdirSync(join(world, 'here'));
  for (const name of ['mkdir', 'cat']) symlinkSync(`/bin/${name}`, join(programs, name));
  program('python3', 'exit 0');
  // As far as it matters here: it puts the command of the package where npm does.
  program(
    'npm',
    `mkdir -p node_modules/loadwright/bin
     cat > node_modules/loadwright/bin/loadwright.js <<'END'
     require('node:fs').writeFileSync('init.json', JSON.stringify(process.argv.slice(2)));
     require('node:fs').writeFileSync('manager.json', JSON.stringify(process.env.npm_config_user_agent));
END`,
  );
});

function create(argv: string[], { isTerminal = false, agent = 'npm/11.0.0 node/v20.19.0' } = {}) {
  const said: string[] = [];
  const exitCode = main(argv, {
    cwd: join(world, 'here'),
    environment: { PATH: programs, npm_config_user_agent: agent },
    isTerminal,
    say: (line) => said.push(line),
  });
  return { exitCode, said: said.join('\n') };
}

const read = (...path: string[]) => JSON.parse(readFileSync(join(world, 'here', ...path), 'utf8')) as unknown;

describe('create-loadwright', () => {
  it('makes a project in a new folder, and hands the answers on', () => {
    const answers = [
      '--target',
      'rest',
      '--set',
      'baseUrl=http://a',
      '--set',
      'b=2',
      '--users',
      '5',
      '--yes',
    ];
    const { exitCode, said } = create(['fraud-load', ...answers]);
    expect(exitCode).toBe(0);
    expect(read('fraud-load', 'package.json')).toMatchObject({
      name: 'fraud-load',
      private: true,
      devDependencies: { loadwright: expect.stringMatching(/^\^\d+\.\d+\.\d+$/) as string },
    });
    expect(read('fraud-load', 'init.json')).toEqual([
      'init',
      '--payload-file',
      ...['--target=rest', '--set=baseUrl=http://a', '--set=b=2', '--users=5', '--yes'],
    ]);
    expect(said).toContain('cd fraud-load');
  });

  it('takes this folder where it is empty, and leaves the questions to init', () => {
    mkdirSync(join(world, 'here', '.git'));
    expect(create([], { isTerminal: true }).exitCode).toBe(0);
    expect(read('init.json')).toEqual(['init', '--payload-file']);
  });

  it.each([
    ['a folder that is not empty', ['full'], 104, 'is not empty'],
    ['a file in place of a folder', ['full/file'], 104, 'is not empty'],
    ['a folder that gives no name', ['Fraud Tests'], 104, '--name'],
    ['a name that is none', ['new', '--name', 'Fraud'], 104, 'correct --name'],
    ['an unknown flag', ['--tagret', 'dht'], 2, '--tagret'],
    ['two folders', ['one', 'two'], 2, 'one folder'],
  ])('refuses %s, and writes nothing', (_, argv, code, text) => {
    mkdirSync(join(world, 'here', 'full'));
    writeFileSync(join(world, 'here', 'full', 'file'), '');
    const { exitCode, said } = create(['--target', 'dht', '--yes', ...argv]);
    expect(exitCode).toBe(code);
    expect(said).toContain(text);
    expect(readdirSync(join(world, 'here'))).toEqual(['full']);
  });

  it('says what to type where there is nobody to ask', () => {
    const { exitCode, said } = create([]);
    expect(exitCode).toBe(2);
    expect(said).toContain('--target sagemaker --yes');
  });

  it('refuses a machine without Python before it writes anything, unless told not to', () => {
    program('python3', 'exit 1');
    const { exitCode, said } = create(['new', '--target', 'dht'], { isTerminal: true });
    expect(exitCode).toBe(97);
    expect(said).toMatch(/hint: .*(apt-get|brew) install/);
    expect(readdirSync(join(world, 'here'))).toEqual([]);
    expect(create(['new', '--target', 'dht', '--without-python'], { isTerminal: true }).exitCode).toBe(0);
  });

  it('takes a Python that uv has installed, and has uv install one where there is none', () => {
    program('python3', 'exit 1');
    // As uv does without a Python: it finds none, and downloads none unasked.
    program('uv', '[ "$1" = --version ] || exit 2');
    const { exitCode, said } = create(['new', '--target', 'dht'], { isTerminal: true });
    expect(exitCode).toBe(97);
    expect(said).toMatch(/hint: .*uv python install 3\.12/);
    expect(readdirSync(join(world, 'here'))).toEqual([]);
    program('uv', 'echo /home/me/.local/share/uv/python/bin/python3.12');
    expect(create(['new', '--target', 'dht'], { isTerminal: true }).exitCode).toBe(0);
  });

  it('names the manager that installed it, where another one called', () => {
    expect(create(['--target', 'dht', '--yes'], { agent: 'yarn/4.18.1 npm/?' }).exitCode).toBe(0);
    expect(read('manager.json')).toBe('npm');
  });

  it.each([
    ['npm', 'npm install && npx --no-install loadwright init'],
    ['pnpm', 'pnpm install && pnpm exec loadwright init'],
    ['yarn', 'npm install && npx --no-install loadwright init'],
  ])('says how to go on when %s could not install the packages', (manager, command) => {
    program('npm', 'exit 1');
    program('pnpm', 'exit 1');
    const { exitCode, said } = create(['new', '--target', 'dht', '--yes'], { agent: `${manager}/1.2.3` });
    expect(exitCode).toBe(97);
    expect(said).toContain(command);
  });
});
