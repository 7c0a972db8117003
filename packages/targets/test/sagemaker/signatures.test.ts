import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonDirectory, validate } from '@loadwright/core/target';
import { expect, it } from 'vitest';
import { sagemakerEmulator } from '../../src/sagemaker/emulator.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const script = fileURLToPath(new URL('./send_signed.py', import.meta.url));

/** The emulator signs each request again with `@smithy/signature-v4`, which is independent of the runtime. */
it('are right for ten thousand random requests', { timeout: 180_000 }, async () => {
  const options = { endpointName: 'fraud', region: 'us-gov-west-1', serviceTime: '0.01ms' };
  const emulator = await sagemakerEmulator.start(
    validate(sagemakerEmulator.options, options, { field: 'emulator' }),
  );
  try {
    const { stdout } = await promisify(execFile)(
      python,
      [script, emulator.url, options.region, '/endpoints/fraud/invocations', '10000'],
      { env: { ...emulator.environment, PYTHONPATH: fileURLToPath(pythonDirectory) } },
    );
    expect(stdout.trim()).toBe('{200: 10000}');
    expect(emulator.statistics()).toMatchObject({ requests: 10_000, rejected: 0 });
  } finally {
    await emulator.stop();
  }
});
