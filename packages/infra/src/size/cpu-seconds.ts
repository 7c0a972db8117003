import { readFile } from 'node:fs/promises';
import { execa } from 'execa';

/** How often a second Linux counts the time of processes, in /proc; the same on all architectures that it has today. */
const ticks = 100;

/** CPU time that a process has used, user and system, in seconds. @throws when there is no such process */
export async function cpuSecondsOf(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Its name may hold blanks and brackets; what follows it does not: user time is the 14th field, system time the 15th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  }
  // [[dd-]hh:]mm:ss.cc
  const { stdout } = await execa('ps', ['-o', 'time=', '-p', String(pid)]);
  const [days, clock = ''] = stdout.includes('-') ? stdout.trim().split('-') : ['0', stdout.trim()];
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number(days) * 86_400 + seconds;
}
