import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { MachineSettings } from '../../src/ec2/machine/settings.js';
import { readUserData } from './settings.js';
import { runTool } from './tools.js';

/** The root directory of a machine that is about to be made ready. */
export class MachineRoot {
  readonly folder: string;

  constructor(parent: string) {
    this.folder = mkdtempSync(join(parent, 'machine-'));
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  /** Does what cloud-init does with `write_files`. */
  writeFiles(changes: Partial<MachineSettings> = {}) {
    const { config, content } = readUserData(changes);
    for (const file of config.write_files) {
      this.write(file.path, file.content, Number.parseInt(file.permissions, 8));
    }
    return { config, content };
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
    chmodSync(this.path(path), mode);
  }

  /** Puts a command first on PATH that writes down how it was called. */
  standIn(name: string, body = ''): void {
    this.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>'${this.path('calls')}'\n${body}\n`, 0o755);
  }

  /** PATH with the stand-ins before the machine's own commands. */
  get environment() {
    return { PATH: `${this.path('bin')}:${process.env['PATH']}` };
  }

  /** How the stand-ins were called so far. */
  get calls(): string[] {
    return existsSync(this.path('calls')) ? lines(readFileSync(this.path('calls'), 'utf8')) : [];
  }

  /** Carries out the commands of a unit as systemd does: each only when the one before it has succeeded. */
  async runUnit(unit: string): Promise<number | undefined> {
    const text = readFileSync(this.path(`/etc/systemd/system/${unit}`), 'utf8');
    for (const [, command = ''] of text.matchAll(/^ExecStart=(.+)$/gm)) {
      const [file = '', ...args] = command.replaceAll(' /opt/', ` ${this.folder}/opt/`).split(' ');
      const { exitCode } = await runTool(file, file, args, this.environment);
      if (exitCode !== 0) return exitCode;
    }
    return 0;
  }

  /** What systemd thinks of units, as far as it speaks of ours. */
  async verifyUnits(...names: string[]) {
    const { exitCode, output } = await runTool(
      'systemd',
      'systemd-analyze',
      ['verify', '--man=no', ...names],
      { SYSTEMD_UNIT_PATH: `${this.path('/etc/systemd/system')}:/lib/systemd/system` },
    );
    return { exitCode, complaints: lines(output).filter((line) => line.includes('loadwright')) };
  }
}

/**
 * A new root for each test of a file.
 *
 * @param parent where it is
 * @returns a function that gives it, once the tests run.
 */
export function useMachineRoot(parent = tmpdir()): () => MachineRoot {
  let root: MachineRoot | undefined;
  beforeEach(() => {
    root = new MachineRoot(parent);
  });
  afterEach(() => root && rmSync(root.folder, { recursive: true }));
  return () => {
    if (!root) throw new Error('there is a root only while tests run');
    return root;
  };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
