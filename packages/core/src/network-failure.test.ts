import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LoadwrightError } from './errors.js';
import { networkFailure } from './network-failure.js';

const url = 'https://user:pass@api.example.test/v1?token=canary#canary';
const failure = (error: unknown) => networkFailure(error, url, 'the API');

describe('networkFailure', () => {
  it.each([
    ['ENOTFOUND', 'cannot be resolved'],
    ['EAI_AGAIN', 'cannot be resolved'],
    ['ECONNREFUSED', 'nothing listens'],
    ['EHOSTUNREACH', 'no route'],
    ['ETIMEDOUT', 'in time'],
    ['UND_ERR_CONNECT_TIMEOUT', 'in time'],
    ['UND_ERR_HEADERS_TIMEOUT', 'in time'],
    ['ECONNRESET', 'closed the connection'],
    ['UND_ERR_SOCKET', 'closed the connection'],
    ['CERT_HAS_EXPIRED', 'not trusted'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'not trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not trusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'not trusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
  ])('explains %s', (code, reason) => {
    const cause = Object.assign(new Error('low level'), { code });
    const error = failure(new TypeError('fetch failed', { cause: new AggregateError([cause]) }));
    expect(error).toMatchObject({ code: 'PREFLIGHT_FAILED', retryable: true });
    expect(error.message).toContain('the API at https://api.example.test/v1');
    expect(error.message).toContain(reason);
    expect(error.message).toContain(code);
    expect(error.hint).toMatch(/\.$/);
    expect(error.message + error.hint).not.toMatch(/canary|pass/);
  });

  it('tells a time-out from a stop by the user', () => {
    const reasonOf = (signal: AbortSignal) => failure(signal.reason);
    expect(reasonOf(AbortSignal.abort())).toMatchObject({ code: 'ABORTED' });
    expect(failure(new DOMException('late', 'TimeoutError')).message).toContain('in time');
  });

  it('believes the code of an error rather than the name that the SDK of AWS gives it', () => {
    const reset = Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
    expect(failure(reset).message).toContain('closed the connection (ECONNRESET)');
  });

  it('says that a port is one which nobody may ask', async () => {
    const error: unknown = await fetch('http://127.0.0.1:1/').catch((caught: unknown) => caught);
    const failure = networkFailure(error, 'http://127.0.0.1:1/', 'the registry');
    expect(failure.message).toBe(
      'Could not ask the registry at http://127.0.0.1:1: its port is one of those that no HTTP client of the web asks, because other protocols have them.',
    );
    expect(failure.retryable).toBe(false);
  });

  it('keeps an error that already explains itself', () => {
    const explained = new LoadwrightError('CREDENTIALS_INVALID', 'no');
    expect(failure(explained)).toBe(explained);
  });

  it.each([[new Error('?')], ['text'], [undefined]])('has words for anything else: %s', (thrown) => {
    expect(failure(thrown)).toMatchObject({ code: 'PREFLIGHT_FAILED', hint: expect.any(String) });
  });

  it('explains what fetch really throws', async () => {
    const server = createServer((socket) => void socket.resume().end('SSH-2.0-server\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const address = `http://127.0.0.1:${port}`;
    const ask = () => fetch(address).catch((error: unknown) => networkFailure(error, address, 'the API'));
    expect(await ask()).toMatchObject({ message: expect.stringContaining('protocol of the URL') });
    await new Promise((resolve) => server.close(resolve));
    expect(await ask()).toMatchObject({ message: expect.stringContaining('nothing listens') });
  });
});
