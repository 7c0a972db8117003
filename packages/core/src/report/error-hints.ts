/** `HTTP 429`, `status code 429`, `429 Client Error`, or a text that begins with the number; never just any 429. */
const status = (...codes: number[]) => {
  const code = `(?:${codes.join('|')})(?!\\d)`;
  return new RegExp(
    `\\b(?:HTTP(?:/\\d(?:\\.\\d)?)?|status(?:[ _]?code)?)\\W{0,3}${code}|^\\W*${code}|\\b${code} (?:Client|Server) Error`,
    'i',
  );
};

const credentialsHint =
  'There were no valid credentials when the request was due, so it was not sent. The failure says what the service that gives them out answered: see that it is up, and that the client may ask for tokens until the load ends.';

/**
 * What to do about a kind of failure. The first row that matches counts, so particular rows come before
 * general: services wrap many causes into one status.
 */
const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/has ended and could not be renewed/, credentialsHint],
  [
    /ExpiredToken|token (?:has |is )?expired|security token.*expired/i,
    'The credentials stopped working during the run. Use credentials that outlive the load, or shorten it.',
  ],
  [
    /SignatureDoesNotMatch|InvalidSignature|UnrecognizedClient|InvalidClientTokenId|IncompleteSignature/i,
    'The service does not accept the signature. Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, the region and the clock of the workers.',
  ],
  [
    /ModelNotReady/i,
    'The model was still being loaded (a cold start of a multi-model endpoint). Warm the endpoint up first, or keep fewer models on it.',
  ],
  [
    /parallel requests/i,
    'The limit of parallel requests of the whole workspace was reached. Lower the users, or ask for a higher limit or a route-optimised endpoint.',
  ],
  [
    /provisioned concurrency/i,
    "The endpoint's provisioned concurrency is used up. It needs about requests/s × execution time in seconds: raise it, or lower the load.",
  ],
  [
    /Throttl|TooManyRequests|Rate exceeded|SlowDown/i,
    'The service is throttling: the load is above its quota or capacity. Lower the users, or scale the endpoint out and run again.',
  ],
  [
    status(429),
    'Too many requests: the load is above the limit of the service. Lower the users, or raise its quota or capacity.',
  ],
  [
    /ModelError|\bOriginalStatusCode\b/i,
    "The model's container answered with an error. Its own log has the reason (for SageMaker: the endpoint's CloudWatch log group); try the payload by hand.",
  ],
  [
    status(424),
    'Something behind the service failed, usually the model. Look into the log of the model; try the payload by hand.',
  ],
  [
    status(401),
    'The service does not know the caller. Check the token or key, and that it has not been revoked.',
  ],
  [
    /AccessDenied|not authorized to perform/i,
    'The credentials are valid but not allowed to make this call. Grant the permissions that the target needs.',
  ],
  [
    status(403),
    'Access was refused. Check the permissions of the credentials, the API key, and any list of allowed IP addresses.',
  ],
  [
    /RESOURCE_DOES_NOT_EXIST|endpoint .*not found/i,
    'No endpoint has this name here. Check the name, the region and the account or workspace.',
  ],
  [status(404), 'The address does not exist. Check the host, the stage and the route of the target.'],
  [status(405), 'The route does not accept this method. Check the method of the target.'],
  [status(413), 'The payload is larger than the service accepts. Send smaller payloads.'],
  [status(415), 'The service does not accept this Content-Type. Check the content type of the payloads.'],
  [
    /ValidationError|ValidationException/i,
    'The service rejected the request itself. Check the payload and its content type against what the model expects.',
  ],
  [
    status(400, 422),
    'The service rejected the request itself. Check the payload and its content type against what the model expects.',
  ],
  [
    /DEBRUIJN_NOT_READY|NOT_INITIALIZED|routing failed/i,
    'The ring could not route the lookup. Wait until every node reports READY on /health, then run again.',
  ],
  [
    status(504),
    "A gateway gave up waiting for the service (API Gateway's own limit is 29 s). The request takes longer than it allows: lower the load, or make the model faster.",
  ],
  [
    status(502),
    'A gateway got no valid answer from what is behind it. Look into the log of the service; a process may be restarting under load.',
  ],
  [
    status(503),
    'The service is overloaded or not ready. Lower the users, or scale it out; right after a deployment, wait until it is in service.',
  ],
  [
    status(500, 530),
    'The service failed inside. Look into its log at the time of the run; if it appears only under load, it is a sign of saturation.',
  ],
  [
    /certificate has expired/,
    'The certificate of the service is out of date: have it renewed. If it is not, check the clock of the workers.',
  ],
  [
    /certificate is not yet valid/,
    'Check the clock of the workers, and from when the certificate of the service is valid.',
  ],
  [
    /certificate is self-signed|unknown authority/,
    'Trust the authority of the service: give the option tls.caFile, which works on every fleet. For workers on this machine, SSL_CERT_FILE does the same.',
  ],
  [
    /certificate is for another host/,
    'Use the host name that the certificate was issued for, or have it issued for this one.',
  ],
  [
    /certificate is revoked/,
    'The authority has taken back the certificate of the service. Ask whoever runs it for a new one.',
  ],
  [
    /wants? a client certificate/,
    'Give the client certificate with the options tls.certFile and tls.keyFile. Without one, the versions and ciphers of TLS do not match.',
  ],
  [
    /does not accept the client certificate/,
    'The service does not know who issued the client certificate, or it is out of date. Check tls.certFile, with its intermediates.',
  ],
  [
    /does not speak TLS/,
    'This port does not speak TLS. Check the port, and whether the scheme should be http.',
  ],
  [
    /no TLS version of/,
    'The service speaks outdated versions of TLS alone. Test it behind a proxy that speaks TLS 1.2 or later.',
  ],
  [
    /closed the connection within the TLS handshake/,
    'Something closed the connection before it was secure: a proxy, a firewall, or a service at its limit of connections. Check the port too.',
  ],
  [
    /certificate|SSLError|\bTLS\b|SSL:/i,
    'The encrypted connection could not be made. Check the scheme (http or https), the host name and the certificate of the service.',
  ],
  [
    /Name or service not known|nodename nor servname|getaddrinfo|gaierror|ENOTFOUND|EAI_AGAIN|name resolution|NameResolution/i,
    'The host name could not be resolved from the workers. Check its spelling, the region, and the DNS of their network.',
  ],
  [
    /Connection ?refused|ECONNREFUSED/i,
    'Nothing listens at this address. Check the host and port of the target, and that the service is running.',
  ],
  [
    /No route to host|Network is unreachable|EHOSTUNREACH|ENETUNREACH/i,
    'The workers have no network path to the service. Check subnets, security groups and VPN.',
  ],
  [
    /Cannot assign requested address|EADDRNOTAVAIL/i,
    'A worker ran out of local ports. Keep connections alive, or spread the users over more workers.',
  ],
  [
    /Too many open files|EMFILE|ENFILE/i,
    'A worker reached its limit of open files. Raise `ulimit -n`, or spread the users over more workers.',
  ],
  [
    /time-?out while connecting|ETIMEDOUT/i,
    'No connection was made in time: a firewall or security group drops it, or the service accepts no more connections.',
  ],
  [
    /time(?:d)?[ -]?out/i,
    'The service did not answer in time. It is saturated or too slow for the time limit: lower the users, or compare p99 with the limit.',
  ],
  [
    /closed within the answer/,
    'The answer was cut off: a process that crashed, or a proxy with a limit of size or time. Look into the log of the service.',
  ],
  [
    /Connection ?reset|ECONNRESET|RemoteDisconnected|Connection aborted|broken ?pipe|EPIPE|ConnectionClosed|closed (?:the )?connection|connection (?:was )?closed|IncompleteRead/i,
    'The service or a load balancer closed the connection. It may be restarting or full; compare its keep-alive time with the pause between requests.',
  ],
  [
    /error in the stream/,
    'The service reported an error within an answer of status 200. The failure samples of the report show its text; the log of the service has the cause.',
  ],
  [
    /stream (?:ended without|was cut off)|broken frame/,
    'The answer ended before its stream was complete. Look for a crash of the service, or for a proxy that limits the length or the time of a stream.',
  ],
  [
    /not an HTTP status line|another protocol/,
    'What answers there does not speak HTTP/1.1. Check the port and the scheme.',
  ],
  [
    /not a valid HTTP answer|^the body is too long/,
    'The service or a proxy before it breaks the rules of HTTP (RFC 9112), which other clients may refuse too. Have it corrected.',
  ],
  [
    /which is not JSON/,
    'The service sends a number that JSON does not have, and strict clients refuse the whole answer. Have NaN and Infinity replaced where the answer is written, for instance by null.',
  ],
  [
    /cannot be decoded|Content-Encoding|compressed answer|decoded answer/,
    'The compressed answer cannot be read. Ask for gzip or for nothing with the header Accept-Encoding, and check what a proxy does with it.',
  ],
  [
    /^check failed: \w+$/,
    "The target's own check stopped with an exception: locust_exceptions.csv and the logs of the workers have its traceback.",
  ],
  [
    /\bcheck\b|unexpected (?:answer|value|status)|not (?:valid )?JSON|JSONDecode|pointer/i,
    'An answer came, but not the expected one. Compare an answer of the service with `expect` of the target.',
  ],
];

/** What to do about failures whose text says nothing particular. */
const hintsByKind: Readonly<Record<string, string>> = {
  connect: 'No connection was made. Check the address, and whether the service takes so many connections.',
  tls: 'The encrypted connection could not be made. Check the scheme, the host name and the certificate of the service.',
  timeout:
    'The service did not answer in time. Lower the users, or compare p99 with the time limit of the target.',
  reset: 'The service or a load balancer closed the connection. It may be restarting or full.',
  protocol:
    'What came was no valid answer of HTTP. Look into the log of the service and of proxies before it.',
  status: 'The service refused the request. The failure samples of the report show what it said.',
  throttled: 'The load is above a limit of the service. Lower it, or have the limit raised.',
  'cold-start':
    'The model was not loaded yet. Warm it up before the load, or leave its first seconds out with load.warmUp.',
  'async-failed':
    'The model failed: its failure location in S3 has an object. The failure samples show the first ones.',
  check: 'An answer came, but not the expected one. Compare the failure samples with `expect` of the target.',
  stream:
    'The stream of an answer was wrong. Compare the failure samples with `expect.stream` of the target.',
  extract:
    'A value that a later step of a flow takes was not in the answer. Compare `extract` of the step with what the service answers.',
  size: 'The body of an answer is larger than the option `maxAnswerBytes` of the target, 64 MB by default. Raise it if that is right, and see to it that the workers have the memory.',
  credentials: credentialsHint,
  payload: 'Correct the payload of the row that the failure sample names: it could not be sent.',
  target: "The target's own Python code failed. The failure samples and the logs of the workers show where.",
  unfinished:
    'The load ended before the answer came. The service hangs, or is slower than load.gracefulStop allows.',
};

/**
 * What to do about a failure.
 *
 * @param error The text of the failure as it is counted.
 * @param kind Its kind, where it is known: a text that says nothing particular gets the hint of its kind.
 * @returns one or two sentences, or undefined when neither is known.
 */
export function errorHint(error: string, kind?: string): string | undefined {
  return (
    hints.find(([pattern]) => pattern.test(error))?.[1] ??
    (kind !== undefined && Object.hasOwn(hintsByKind, kind) ? hintsByKind[kind] : undefined)
  );
}
