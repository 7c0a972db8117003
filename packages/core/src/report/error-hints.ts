/** `HTTP 429`, `status code 429`, `429 Client Error`, or a text that begins with the number; never just any 429. */
const status = (...codes: number[]) => {
  const code = `(?:${codes.join('|')})(?!\\d)`;
  return new RegExp(
    `\\b(?:HTTP(?:/\\d(?:\\.\\d)?)?|status(?:[ _]?code)?)\\W{0,3}${code}|^\\W*${code}|\\b${code} (?:Client|Server) Error`,
    'i',
  );
};

/**
 * What to do about a kind of failure. The first row that matches counts, so what is particular stands before what is
 * general: services wrap many causes into one status.
 */
const hints: readonly (readonly [pattern: RegExp, hint: string])[] = [
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
    'The credentials are valid but not allowed to make this call. Grant the permissions that `loadwright targets show` lists.',
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
    'A gateway gave up waiting for the service. The request takes longer than its time limit allows: lower the load, or make the model faster.',
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
    /Connection ?reset|ECONNRESET|RemoteDisconnected|Connection aborted|broken ?pipe|EPIPE|ConnectionClosed|closed (?:the )?connection|connection (?:was )?closed|IncompleteRead/i,
    'The service or a load balancer closed the connection. It may be restarting or full; compare its keep-alive time with the pause between requests.',
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

/**
 * What to do about a failure, by its kind.
 *
 * @param error The text of the failure as Locust counts it.
 * @returns one or two sentences, or undefined when the text is not known.
 */
export function errorHint(error: string): string | undefined {
  return hints.find(([pattern]) => pattern.test(error))?.[1];
}
