import { join } from 'node:path';
import type { FleetNode } from '@loadwright/core/fleet';
import { NodeLog } from './node-log.js';
import { SupervisedProcess, type ProcessOptions } from '../process/processes.js';

const graceMilliseconds = 5000;
const shownLines = 15;

/** What a node is made of. */
export interface NodeOptions extends Omit<ProcessOptions, 'onLine'> {
  readonly name: string;
  readonly role: FleetNode['role'];
  readonly logDirectory: string;
  readonly redact: (text: string) => string;
  readonly onProgress: (message: string) => void;
}

/** The master or a worker: a process, its log, and what became of it. */
export class LocalNode {
  readonly name: string;
  readonly role: FleetNode['role'];
  readonly log: NodeLog;
  readonly process: SupervisedProcess;
  /** True once somebody asked it to end: its end is then no failure. */
  #asked = false;

  constructor({ name, role, logDirectory, redact, onProgress, ...options }: NodeOptions) {
    this.name = name;
    this.role = role;
    this.log = new NodeLog(join(logDirectory, `${name}.log`), redact, onProgress);
    this.process = new SupervisedProcess({ ...options, onLine: (line) => this.log.write(line) });
  }

  status(): FleetNode {
    const { name, role } = this;
    const { exit } = this.process;
    if (!exit) return { name, role, state: 'running' };
    return this.#asked
      ? { name, role, state: 'stopped' }
      : { name, role, state: 'failed', reason: this.lastWords() };
  }

  /** How it ended, and the last lines of its log. */
  lastWords(): string {
    const lines = this.log.tail().slice(-shownLines);
    const ended = this.process.exit?.description ?? 'is running';
    return lines.length === 0 ? `it ${ended}` : [`it ${ended}; its last lines:`, ...lines].join('\n  ');
  }

  /** @returns what was done: nothing when it had ended before. */
  async destroy(): Promise<'removed' | 'remaining' | 'nothing'> {
    if (this.process.exit) {
      await this.log.close();
      return 'nothing';
    }
    this.#asked = true;
    if (!(await this.process.end(graceMilliseconds))) return 'remaining';
    await this.log.close();
    return 'removed';
  }
}
