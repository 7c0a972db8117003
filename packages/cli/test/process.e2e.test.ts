import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Command } from './command.js';

describe('the built command', () => {
  it('shows its help quickly', async () => {
    const times: number[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const begin = performance.now();
      const command = new Command(['--help']);
      expect(await command.ended).toBe(0);
      expect(command.stdout).toContain('Usage: loadwright');
      times.push(performance.now() - begin);
    }
    // 300 ms on an idle machine; three times that on one where other tests run as well.
    expect(Math.min(...times)).toBeLessThan(900);
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
    const bin = new URL('../dist/bin.js', import.meta.url).pathname;
    const output = execFileSync('bash', ['-c', script, process.execPath, bin], { encoding: 'utf8' });
    expect(output).toMatch(/^sagemaker: .*\n0\n$/);
  });
});
