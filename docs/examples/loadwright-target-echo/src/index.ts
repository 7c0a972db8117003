import { defineTarget, LoadwrightError } from '@loadwright/core/target';
import { echoEmulator } from './emulator.js';
import { echoOptionsSchema, type EchoInput, type EchoOptions } from './options.js';
import { echoPreflight } from './preflight.js';

/** A service that answers `POST /echo` with what it was sent. */
export const echo = defineTarget<EchoInput, EchoOptions>({
  specificationVersion: 1,
  kind: 'echo',
  summary: 'A service that answers with what it was sent',
  options: echoOptionsSchema,
  example: { url: 'https://echo.example', payloads: { inline: [{ hello: 'world' }] } },
  locustfile: new URL('../python/locustfile.py', import.meta.url),
  pythonModules: [new URL('../python/echo_requests.py', import.meta.url)],
  host: (options) => options.url,
  targetConfig: (options) => ({ timeoutSeconds: 10, expect: options.expect }),
  payloads: (options) => options.payloads,
  environment: () => [
    { name: 'ECHO_TOKEN', secret: true, required: true, description: 'bearer token of the echo service' },
  ],
  async resolveEnvironment(options, { environment }) {
    const token = options.token ?? environment['ECHO_TOKEN'];
    if (token) return { variables: { ECHO_TOKEN: token } };
    throw new LoadwrightError('CREDENTIALS_INVALID', 'There is no token for the echo service.', {
      hint: 'Set the variable ECHO_TOKEN, or the option target.token.',
    });
  },
  preflight: echoPreflight,
  emulator: echoEmulator,
});

export default echo;
