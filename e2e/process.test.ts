import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Command } from '../packages/cli/test/command.js';

describe('the built command', () => {
  // How long that takes is judged by `.ci/run`, in seconds of CPU.
  it('shows its help', async () => {
    const command = new Command(['--help']);
    expect(await command.ended).toBe(0);
    expect(command.stdout).toContain('Usage: loadwright');
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints the completion script of %s', async (shell) => {
    const command = new Command(['completion', shell]);
    expect(await command.ended).toBe(0);
    expect(command.stderr).toBe('');
    expect(command.stdout).toContain('loadwright');
    if (shell === 'bash') execFileSync('bash', ['-n'], { input: command.stdout });
  });

  it.each([
    [['ru'], 'run'],
    [['run', '--thr'], '--threshold'],
    [['emulate', 'dat'], 'databricks'],
    [['targets', 'sh'], 'show'],
    [['init', '--format', ''], 'yaml'],
  ])('completes %j', async (words, expected) => {
    const command = new Command(['complete', '--', ...words]);
    expect(await command.ended).toBe(0);
    expect(command.stdout.split('\n').map((line) => line.split('\t')[0])).toContain(expected);
  });

  it('refuses a shell that it does not know', async () => {
    const command = new Command(['completion', 'tcsh']);
    expect(await command.ended).toBe(2);
    expect(command.stderr).toContain('bash');
  });

  it('ends quietly when nobody reads its output', () => {
    const script = '"$0" "$1" targets show sagemaker | head -1; echo "${PIPESTATUS[0]}"';
    const bin = new URL('../packages/cli/dist/bin.js', import.meta.url).pathname;
    const output = execFileSync('bash', ['-c', script, process.execPath, bin], { encoding: 'utf8' });
    expect(output).toMatch(/^sagemaker: .*\n0\n$/);
  });
});
