import { expect, test } from 'vitest';
import { errorHint } from './error-hints.js';

test.each([
  ['HTTP 429', /Too many requests/],
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
  ['check failed: TypeError', /traceback/],
  ['time-out after 60 s', /in time/],
  ['time-out while connecting', /security group/],
  ['connection refused', /Nothing listens/],
  ['connection closed by the server', /closed the connection/],
  ['connection closed or broken within the answer', /closed the connection/],
  ['name resolution failed', /resolved/],
  ['the TLS certificate is not valid for this host', /encrypted/],
  ['TLS error', /encrypted/],
  ['network error ENETUNREACH', /network path/],
  ['network error EADDRNOTAVAIL', /local ports/],
])('%s has its own hint', (error, hint) => {
  expect(errorHint(error)).toMatch(hint);
});

test.each(['took 500 ms', 'MysteryError', '', 'batch 4290 lost'])('%j has none', (error) => {
  expect(errorHint(error)).toBeUndefined();
});
