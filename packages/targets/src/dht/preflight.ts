import {
  LoadwrightError,
  networkFailure,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import { firstUrl, hostOf, timeoutSeconds, type DhtOptions } from './options.js';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly latencyMilliseconds: number;
}

/** Asks the cluster for its health, and for the first URL of the pool. */
export async function dhtPreflight(
  options: DhtOptions,
  context: Pick<PreflightContext, 'signal'>,
): Promise<PreflightReport> {
  const host = hostOf(options);
  checkHealth(await get(`${host}/health`, options, context), host, options);
  const url = firstUrl(options);
  const answer = await get(`${host}${options.path}?url=${encodeURIComponent(url)}`, options, context);
  if (answer.status < 200 || answer.status > 299) {
    throw failed(
      `${host}${options.path} answered ${answer.status} for ${url}: ${excerpt(answer.text)}`,
      explain(answer.status, url),
      answer.status >= 500,
    );
  }
  return {
    summary: `GET ${options.path} answered ${answer.status}, X-Cache ${answer.headers.get('x-cache') ?? 'absent'}`,
    latencyMilliseconds: answer.latencyMilliseconds,
  };
}

async function get(
  url: string,
  options: DhtOptions,
  { signal }: Pick<PreflightContext, 'signal'>,
): Promise<Answer> {
  const timeLimit = AbortSignal.timeout(timeoutSeconds(options) * 1000);
  const start = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, timeLimit]), redirect: 'manual' });
    const { status, headers } = response;
    const text = await response.text();
    return { status, text, headers, latencyMilliseconds: performance.now() - start };
  } catch (error) {
    throw networkFailure(error, url, 'the DHT cluster');
  }
}

/** A load balancer may hide /health: only an answer that says that something is wrong stops the run. */
function checkHealth({ status, text }: Answer, host: string, options: DhtOptions): void {
  const health = parseHealth(text);
  if (status >= 500 || health.healthy === false) {
    const state = health.status ?? excerpt(text);
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
      return 'Check baseUrl, path and what stands before the cluster; every status from 200 to 299 is a success.';
  }
}

function excerpt(text: string): string {
  return text.slice(0, 200).trim() || 'no message';
}

function failed(message: string, hint: string, retryable = false): LoadwrightError {
  return new LoadwrightError('PREFLIGHT_FAILED', message, { hint, retryable });
}
