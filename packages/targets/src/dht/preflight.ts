import {
  LoadwrightError,
  preflightFailure,
  type PreflightAnswer,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import { hostOf, nodeLimitSeconds, timeoutSeconds, type DhtOptions } from './options.js';

type Answer = NonNullable<PreflightAnswer['answer']>;

/** How much longer than a node a client may wait for what the node says then, in seconds. */
const graceSeconds = 5;

/** Asks the cluster for its health, and what the answer to the load's first request means. */
export async function dhtPreflight(
  options: DhtOptions,
  { request }: Pick<PreflightContext, 'request'>,
): Promise<PreflightReport> {
  const host = hostOf(options);
  checkHealth(answerOf(await request({ path: '/health' })), host, options);
  // Of the cache, whatever else is mixed in.
  const asked = await request({ name: options.requestName });
  const { status, headers, body } = answerOf(asked);
  if (status < 200 || status > 299) {
    const url = new URL(asked.request!.url).searchParams.get('url') ?? 'the URL';
    throw failed(
      `${host}${options.path} answered ${status} for ${url}: ${excerpt(body.text)}`,
      explain(status, url),
      status >= 500,
    );
  }
  return {
    summary: `GET ${options.path} answered ${status}, X-Cache ${headers['x-cache'] ?? 'absent'}`,
    latencyMilliseconds: asked.seconds * 1000,
    notes:
      timeoutSeconds(options) > nodeLimitSeconds + graceSeconds
        ? [`The timeout of ${options.timeout} is longer than a node waits itself (${nodeLimitSeconds} s).`]
        : [],
  };
}

function answerOf(asked: PreflightAnswer): Answer {
  if (asked.answer === null) throw preflightFailure(asked, 'the DHT cluster');
  return asked.answer;
}

/** A load balancer may hide /health: only an answer that says that something is wrong stops the run. */
function checkHealth({ status, body }: Answer, host: string, options: DhtOptions): void {
  const health = parseHealth(body.text ?? '');
  if (status >= 500 || health.healthy === false) {
    const state = health.status ?? excerpt(body.text);
    throw failed(
      `${host}/health answered ${status}: the cluster is not ready (${state}).`,
      'Wait until every node is READY; a ring needs some seconds to stabilise after a node joins or leaves.',
      true,
    );
  }
  const actual = health.details?.protocol;
  if (actual !== undefined && actual !== options.protocol) {
    throw failed(
      `protocol: found "${options.protocol}", but ${host}/health says that the cluster runs "${actual}".`,
      `Set protocol to what the cluster runs, so that the report is labelled rightly, or check baseUrl.`,
    );
  }
}

interface Health {
  readonly healthy?: boolean;
  readonly status?: string;
  readonly details?: { readonly protocol?: string };
}

function parseHealth(text: string): Health {
  try {
    const health: unknown = JSON.parse(text);
    return typeof health === 'object' && health !== null ? health : {};
  } catch {
    return {};
  }
}

function explain(status: number, url: string): string {
  switch (status) {
    case 400:
      return 'The node did not read the parameter url. Check path, and what a proxy before the cluster does with queries.';
    case 404:
      return 'Check baseUrl and path: nodes answer on /cache.';
    case 500:
      return 'The node that answered is not initialised or failed. Read its log.';
    case 502:
      return `The cluster could not fetch ${url} from its origin, or one node could not reach another. Check the origin in urls and the ports between the nodes.`;
    case 503:
      return 'No responsible node was found. Wait until the ring has stabilised, and look at /health of every node.';
    case 504:
      return 'The load balancer gave up. Check that the origin in urls answers within its time limit.';
    default:
      return 'Check baseUrl, path and any proxy before the cluster; every status from 200 to 299 is a success.';
  }
}

function excerpt(text = ''): string {
  return text.slice(0, 200).trim() || 'no message';
}

function failed(message: string, hint: string, retryable = false): LoadwrightError {
  return new LoadwrightError('PREFLIGHT_FAILED', message, { hint, retryable });
}
