import type { RunReport } from '@loadwright/core';
import { dhtConfig, project } from './project.js';
import { makeReport } from './report-fixture.js';
import { saveRun } from './saved-run.js';
import { run, TestIo } from './support.js';

/** The load of {@link projectWithBaseline}'s baseline. */
export const load = ['--users', '5', '--duration', '2s', '--workers', '1', '--emulator'];

/** A project with a baseline of what its own test is, with times that no service has. */
export async function projectWithBaseline() {
  const config = { ...dhtConfig, thresholds: { http_req_failed: ['rate<0.5'] } };
  const io = await project(config);
  const dry = await run(['run', '--dry-run', '--json', ...load], new TestIo({ cwd: io.cwd }));
  const { configuration } = JSON.parse(dry.stdout) as { configuration: RunReport['configuration'] };
  const rendered = await run(['render', '--json'], new TestIo({ cwd: io.cwd }));
  const { files } = JSON.parse(rendered.stdout) as { files: { path: string; sha256: string }[] };
  const payloadsDigest = files.find(({ path }) => path === 'payloads.jsonl')?.sha256;
  const change: Partial<RunReport> = {
    configuration,
    target: { ...makeReport().target, kind: 'dht' },
    requests: [{ ...makeReport().requests[0]!, method: 'GET', name: 'cache' }],
    ...(payloadsDigest !== undefined && { payloadsDigest }),
  };
  await saveRun(io.cwd, 'before', 1, 0.01, change);
  await run(['baseline', 'save', 'main', 'before'], new TestIo({ cwd: io.cwd }));
  return io;
}
