/** The measured processes: pinned, in a group of their own, and never left behind. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';

const running = new Set();

// A tick of /proc/*/stat: USER_HZ is 100 on every architecture that Node runs on.
const ticksPerSecond = 100;

// To stop 5,000 users takes Locust some seconds.
const patienceMilliseconds = 40_000;

const groupField = 2;
const timeFields = [11, 12, 13, 14];

/**
 * Starts a command on one core, as the leader of a process group. It ends with this process, even a killed one, and
 * writes stdout and stderr to a file.
 *
 * @param {readonly string[]} command
 * @param {{ core: number, env: Record<string, string>, cwd: string, log: string, descriptors: number }} options
 */
export function start([name, ...args], { core, env, cwd, log, descriptors }) {
  const file = openSync(log, 'w');
  const pinned = ['prlimit', `--nofile=${descriptors}:${descriptors}`, 'taskset', '--cpu-list', String(core)];
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...pinned, name, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  let spawnError;
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      spawnError = error;
      resolve();
    });
    child.on('exit', () => {
      signalGroup(child.pid, 'SIGKILL');
      running.delete(child.pid);
      resolve();
    });
  });
  if (child.pid !== undefined) running.add(child.pid);
  return {
    pid: child.pid,
    ended,
    /** Throws with the end of the log when the process is gone. */
    assertRunning() {
      if (child.exitCode === null && child.signalCode === null && !spawnError) return;
      const reason = spawnError?.message ?? `it ended with ${child.exitCode ?? child.signalCode}`;
      throw new Error(`${name} does not run: ${reason}\n${readFileSync(log, 'utf8').slice(-800)}`);
    },
    output: () => readFileSync(log, 'utf8'),
    /** Asks it to end, insists after a while, and resolves when it is gone: whether it went by itself. */
    async stop(signal = 'SIGTERM') {
      let hasInsisted = false;
      if (child.exitCode === null && child.signalCode === null && !spawnError) child.kill(signal);
      const insist = setTimeout(() => {
        hasInsisted = true;
        signalGroup(child.pid, 'SIGKILL');
      }, patienceMilliseconds);
      await ended;
      clearTimeout(insist);
      return !hasInsisted;
    },
  };
}

function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: the group is empty, as it should be.
    if (error.code !== 'ESRCH') throw error;
  }
}

process.on('exit', () => running.forEach((group) => signalGroup(group, 'SIGKILL')));

/** CPU time, user and system, of all processes of a group so far, their ended children included. In seconds. */
export function cpuSeconds(group) {
  let ticks = 0;
  for (const fields of processesOf(group)) for (const field of timeFields) ticks += Number(fields[field]);
  return ticks / ticksPerSecond;
}

/** Memory that a process holds, in bytes. */
export function residentBytes(pid) {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
  return Number(kilobytes) * 1024;
}

/** The fields of /proc/PID/stat from the third (the state) on; see proc(5). */
function processesOf(group) {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let text;
    try {
      text = readFileSync(`/proc/${entry}/stat`, 'utf8');
    } catch {
      continue; // It ended since the folder was read.
    }
    // The second field is the command in parentheses, which may hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[groupField]) === group) found.push(fields);
  }
  return found;
}
