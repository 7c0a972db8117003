import { describe, expect, it } from 'vitest';
import { commands } from '../src/commands.js';
import { run, TestIo } from './support.js';

const names = [...commands.map(({ usage }) => usage.split(' ')[0]!), 'completion'];

describe('help', () => {
  it('names every command, on stdout, also without arguments', async () => {
    for (const argv of [['--help'], ['help'], []]) {
      const { exitCode, stdout, stderr } = await run(argv);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      for (const name of names) expect(stdout).toContain(`\n  ${name}`);
      expect(stdout).toContain('Examples:');
    }
  });

  it.each(names)('of %s has examples', async (name) => {
    const { exitCode, stdout } = await run([name, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: loadwright ${name}`);
    expect(stdout).toContain('Examples:');
    expect((await run(['help', name])).stdout).toBe(stdout);
  });

  it('fits its terminal', async () => {
    const { stdout } = await run(['run', '--help'], new TestIo({ terminal: true, columns: 60 }));
    expect(stdout).toContain('\u001B[');
  });

  it('prints the version', async () => {
    const { exitCode, stdout } = await run(['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['rnu'], /unknown command 'rnu'/, /did you mean run\?.*loadwright --help/],
    [['config', 'prnt'], /unknown command 'prnt'/, /did you mean print\?.*loadwright config --help/],
    [['config'], /Usage: loadwright config/, /Commands:/],
    [['emulate'], /missing required argument 'target'/, /loadwright emulate --help/],
    [['size'], /required option '--rate <rate>'/, /--rate: the wanted rate: 5000\/s.*loadwright size --help/],
    [['init', '--format', 'toml'], /'toml' is invalid.*ts, json, yaml/, /loadwright init --help/],
    [['--verbos'], /unknown option '--verbos'/, /loadwright --help/],
  ])('%j is told with what to do, and ends with 2', async (argv, message, hint) => {
    const { exitCode, stdout, stderr } = await run(argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
  });

  it('is one JSON document on stdout with --json', async () => {
    const { exitCode, stdout, stderr } = await run(['run', '--json', '--wrkers', '2']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: "unknown option '--wrkers'",
        hint: 'did you mean --workers? Otherwise run "loadwright run --help"',
        exitCode: 2,
      },
    });
    expect(stderr).toContain('error: ');
  });
});
