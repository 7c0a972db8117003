/**
 * Stands in for `aws ssm start-session` and its plugin, as far as a port forward shows them. As the real one does it
 * runs the plugin as a process of its own that holds the port, ignores Ctrl-C, and passes on how the plugin ended.
 *
 * FAKE_AWS names a folder: plan.json has `refusals` (what the service says, one session after the other, before it
 * works), `ui` (host and port of the web UI); calls.jsonl gets a line a call, plugin.pid the process that holds the port.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

const folder = process.env.FAKE_AWS;
const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));

if (process.argv[2] === '--version') {
  process.exit(0);
} else if (process.argv[2] === 'plugin') {
  writeFileSync(join(folder, 'plugin.pid'), String(process.pid));
  const server = createServer((socket) => {
    const remote = connect({ host: plan.ui.host, port: plan.ui.port });
    for (const [one, other] of [
      [socket, remote],
      [remote, socket],
    ]) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  server.listen(Number(process.argv[3]), '127.0.0.1', () => {
    process.stdout.write('\nStarting session with SessionId: a-session\n');
    process.stdout.write(
      `Port ${process.argv[3]} opened for sessionId a-session.\nWaiting for connections...\n`,
    );
  });
} else {
  const calls = join(folder, 'calls.jsonl');
  const { AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_ENDPOINT_URL } = process.env;
  const environment = { AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_PROFILE, AWS_ENDPOINT_URL };
  appendFileSync(calls, `${JSON.stringify({ arguments: process.argv.slice(2), environment })}\n`);
  const refusal = plan.refusals?.[readFileSync(calls, 'utf8').trimEnd().split('\n').length - 1];
  if (refusal !== undefined) {
    process.stderr.write(`\n${refusal}\n`);
    process.exit(255);
  }
  const parameters = JSON.parse(process.argv[process.argv.indexOf('--parameters') + 1]);
  const plugin = spawn(process.execPath, [process.argv[1], 'plugin', parameters.localPortNumber[0]], {
    stdio: 'inherit',
  });
  process.on('SIGINT', () => {});
  plugin.on('exit', (code, signal) => {
    if (code === 0) process.exit(0);
    process.stderr.write(
      `\nCommand 'session-manager-plugin' died with ${signal ?? `exit status ${code}`}.\n`,
    );
    process.exit(255);
  });
}
