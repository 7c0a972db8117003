import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { output as currentOutput } from './output.mjs';
import { root } from './paths.mjs';

const running = new Set();

/** A command that ended with anything but 0. */
export class CommandFailed extends Error {
  constructor(command, args, code, output) {
    super(`${[command, ...args].join(' ')} ended with ${code}`);
    this.output = output;
  }
}

/**
 * Runs a command in a process group of its own and streams its output. What it leaves behind in that group is
 * ended with it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, stream?: NodeJS.WritableStream }} options quiet:
 * keep the output to oneself; stream: where stdout goes, outside of stages beside each other
 * @returns {Promise<{ code: number, stdout: string, output: string }>} output: stdout and stderr as they came
 */
export function execute(command, args, options = {}) {
  const { cwd = root, env = process.env, quiet = false, stream } = options;
  const [out, errors] = streamsFor(stream);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.on('spawn', () => running.add(child));
    child.on('error', reject);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
      if (!quiet) out.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (!quiet) errors.write(text);
    });
    // A grandchild may hold the pipes open: end it when the command itself is gone.
    child.on('exit', () => endGroup(child));
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code: code ?? `signal ${signal}`, stdout, output });
    });
  });
}

/** Where a command's two outputs go. Of a stage that runs beside others both must come out in its turn. */
function streamsFor(stream) {
  const current = currentOutput();
  return current === process.stdout ? [stream ?? process.stdout, process.stderr] : [current, current];
}

/** As {@link execute}, but throws {@link CommandFailed}, with the output. */
export async function mustRun(command, args, options = {}) {
  const result = await execute(command, args, options);
  if (result.code !== 0) throw new CommandFailed(command, args, result.code, result.output);
  return result;
}

function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty, as it should be.
  }
}

function stop(signal) {
  process.stderr.write(`\nstopped by ${signal}\n`);
  process.exit(128 + constants.signals[signal]);
}

let whenSignalled;

/**
 * Says what happens on SIGINT, SIGTERM and SIGHUP, in place of what was said before. By default this process ends,
 * and its commands with it: they are in groups of their own and would not see the terminal's Ctrl-C.
 */
export function onSignal(handler = stop) {
  if (!whenSignalled) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => whenSignalled(signal));
  }
  whenSignalled = handler;
}

process.on('exit', () => running.forEach(endGroup));
