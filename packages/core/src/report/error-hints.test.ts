import { expect, test } from 'vitest';
import { errorHint } from './error-hints.js';

test.each([
  ['HTTP 429', /Too many requests/],
  [
    'the OAuth token has ended and could not be renewed: the token service answered HTTP 503',
    /gives them out/,
  ],
  ['429 Client Error: Too Many Requests for url: predict', /Too many requests/],
  ['status code: 429', /Too many requests/],
  ['HTTP 400 ThrottlingException: Rate exceeded', /throttling/],
  ['HTTP 429 ModelNotReadyException', /cold start/],
  ['HTTP 429: exceeded the limit of parallel requests', /workspace/],
  ['HTTP 429: provisioned concurrency exceeded', /provisioned concurrency/],
  ['HTTP 424 ModelError: Received server error (500) from primary', /container/],
  ['HTTP 403 AccessDeniedException', /not allowed/],
  ['HTTP 403', /Access was refused/],
  ['HTTP 403 ExpiredTokenException: The security token included in the request is expired', /outlive/],
  ['HTTP 403 InvalidSignatureException', /signature/],
  ['HTTP 401 Unauthorized', /does not know the caller/],
  ['HTTP 404 RESOURCE_DOES_NOT_EXIST', /No endpoint has this name/],
  ['HTTP 400 ValidationError', /rejected the request/],
  ['HTTP 503', /overloaded/],
  ['HTTP 503 routing failed', /ring/],
  ['HTTP 504 Gateway Timeout', /gateway gave up/],
  ['TimeoutError: timed out', /in time/],
  ["ConnectionRefusedError(111, 'Connection refused')", /Nothing listens/],
  ["ConnectionResetError(104, 'Connection reset by peer')", /closed the connection/],
  ["gaierror(-2, 'Name or service not known')", /resolved/],
  ["SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]')", /encrypted/],
  ['OSError(24, "Too many open files")', /ulimit/],
  ['check of /predictions/0: above 1', /`expect`/],
  ['check: the answer is not JSON', /`expect`/],
  ['check: the answer holds NaN, which is not JSON', /replaced/],
  ['check: the answer is encoded with br, which cannot be decoded', /Accept-Encoding/],
  ['error in the stream: ModelStreamError', /failure samples/],
  ['error in the stream', /failure samples/],
  ['the stream ended without [DONE]', /crash/],
  ['the stream was cut off within an event', /crash/],
  ['HTTP 504', /29 s/],
  ['check failed: TypeError', /traceback/],
  ['time-out after 60 s', /in time/],
  ['time-out while connecting', /security group/],
  ['connection refused', /Nothing listens/],
  ['connection closed by the server', /closed the connection/],
  ['connection closed within the answer', /cut off/],
  ['not a valid HTTP answer: not an HTTP status line', /port and the scheme/],
  ['not a valid HTTP answer: a wrong or ambiguous Content-Length', /RFC 9112/],
  ['not a valid HTTP answer: headers are too long', /RFC 9112/],
  ['name resolution failed', /resolved/],
  ["the server's certificate has expired", /renewed/],
  ["the server's certificate is not yet valid", /clock/],
  ["the server's certificate is self-signed", /tls\.caFile.*SSL_CERT_FILE/],
  ["the server's certificate comes from an unknown authority", /tls\.caFile.*SSL_CERT_FILE/],
  ["the server's certificate is for another host", /host name/],
  ["the server's certificate is revoked", /taken back/],
  ["the server's certificate is not valid", /encrypted/],
  ['the server wants a client certificate', /tls\.certFile/],
  ['the server refused the TLS handshake: it may want a client certificate', /tls\.certFile/],
  ['the server does not accept the client certificate', /issued the client certificate/],
  ['the server does not speak TLS', /scheme should be http/],
  ['the server speaks no TLS version of 1.2 or later', /TLS 1\.2/],
  ['the server closed the connection within the TLS handshake', /firewall/],
  ['TLS error', /encrypted/],
  ['network error ENETUNREACH', /network path/],
  ['network error EADDRNOTAVAIL', /local ports/],
])('%s has its own hint', (error, hint) => {
  expect(errorHint(error)).toMatch(hint);
});

test.each(['took 500 ms', 'MysteryError', '', 'batch 4290 lost'])('%j has none', (error) => {
  expect(errorHint(error)).toBeUndefined();
});

test.each([
  'connect',
  'tls',
  'timeout',
  'reset',
  'protocol',
  'status',
  'throttled',
  'check',
  'stream',
  'extract',
  'size',
  'payload',
  'credentials',
  'target',
  'unfinished',
])('other failures of the kind %s have the hint of their kind', (kind) => {
  expect(errorHint(`MysteryError`, kind)).toMatch(/\.$/);
  expect(errorHint('HTTP 429', kind)).toMatch(/Too many requests/);
});

test('a kind that is not known has none', () => {
  expect(errorHint('MysteryError', 'toString')).toBeUndefined();
});
