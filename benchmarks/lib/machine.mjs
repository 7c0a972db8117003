/** What the figures were measured on and with. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { ohaVersion } from './oha.mjs';
import { root, venvBin } from './paths.mjs';

/** The cores this process may use: one for the client, one for the server. */
export function chooseCores() {
  const list = /^Cpus_allowed_list:\s+(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  const cores = list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  if (cores.length < 2) {
    throw new Error(
      `two cores are needed, one for the client and one for the server; there is ${cores.length}`,
    );
  }
  return { client: cores[0], server: cores[1] };
}

/** How many descriptors a process may be given, at most 20,000. */
export function descriptorLimit(needed) {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))[1];
  const limit = Math.min(hard === 'unlimited' ? Infinity : Number(hard), 20_000);
  if (limit < needed) {
    throw new Error(
      `${needed} descriptors a process are needed, the limit is ${limit}: raise it (ulimit -Hn)`,
    );
  }
  return limit;
}

export function describeMachine() {
  const read = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
  const packages = JSON.parse(read(venvBin('python'), '-m', 'pip', 'list', '--format', 'json'));
  const python = (name) => packages.find((entry) => entry.name.toLowerCase() === name).version;
  const debian = (name) => read('dpkg-query', '--showformat', '${Version}', '--show', name);
  return {
    processor: cpus()[0].model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    loadAverageBefore: loadavg()[0],
    versions: {
      Node: process.versions.node,
      Python: read(venvBin('python'), '--version').trim().replace('Python ', ''),
      Locust: python('locust'),
      gevent: python('gevent'),
      boto3: python('boto3'),
      OpenSSL: read('openssl', 'version').split(' ')[1],
      nginx: debian('nginx'),
      wrk: debian('wrk'),
      hey: debian('hey'),
      oha: ohaVersion,
    },
    commit: read('git', '-C', root, 'describe', '--always', '--dirty').trim(),
  };
}
