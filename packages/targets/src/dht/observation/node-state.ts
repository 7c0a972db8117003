/** What is known of a node that is read at one address. */
export interface NodeState {
  /** When it was read, in milliseconds since 1970. */
  readonly at: number;
  readonly isUp: boolean;
  /** Why not. */
  readonly problem?: string | undefined;
  /** As it calls itself; absent before it has answered once. */
  readonly name?: string | undefined;
  readonly id?: string | undefined;
  /** What `/health` says: READY. */
  readonly status: string;
  /** Of its cache since it started; of one that does not answer, what it said last. */
  readonly hits: number;
  readonly misses: number;
  /** How often its counts have fallen. */
  readonly restarts: number;
  /** How often it did not answer any more. */
  readonly losses: number;
  /** Behind the address are several: what stands before the ring. */
  readonly isSeveral: boolean;
}

/** Nodes by the address that they are read at. */
export type RingState = ReadonlyMap<string, NodeState>;

/** A node that takes longer does not answer, in milliseconds. */
const longestAnswer = 3000;

/** Asks a node for its counts and its health. Never rejects: what does not answer is a state. */
export async function readNode(
  base: string,
  before: NodeState | undefined,
  signal: AbortSignal,
): Promise<NodeState> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(longestAnswer)]);
  const known = before ?? {
    ...{ status: 'unknown', hits: 0, misses: 0, restarts: 0, losses: 0, isSeveral: false },
    isUp: true,
  };
  try {
    const { id, addr: name, hits, misses } = metricsOf(await ask(`${base}/metrics`, limited));
    const status = statusOf(await ask(`${base}/health`, limited));
    const isSeveral = known.isSeveral || (before?.id !== undefined && before.id !== id);
    const hasFallen = !isSeveral && before !== undefined && (hits < before.hits || misses < before.misses);
    return {
      ...{ at: Date.now(), isUp: true, id, name, status, hits, misses, isSeveral },
      restarts: known.restarts + (hasFallen ? 1 : 0),
      losses: known.losses,
    };
  } catch (error) {
    return {
      ...known,
      ...{ at: Date.now(), isUp: false, problem: reasonOf(error) },
      losses: known.losses + (known.isUp ? 1 : 0),
    };
  }
}

async function ask(url: string, signal: AbortSignal): Promise<unknown> {
  // A connection that is kept would be reset with a node that dies, which says less than one that is refused.
  const answer = await fetch(url, { signal, headers: { connection: 'close' } });
  // 503 of /health has a body as well.
  return answer.json();
}

function metricsOf(body: unknown): { id: string; addr: string; hits: number; misses: number } {
  const { node, cache } = body as {
    readonly node?: { readonly id?: unknown; readonly addr?: unknown };
    readonly cache?: { readonly hits?: unknown; readonly misses?: unknown };
  };
  if (typeof cache?.hits !== 'number' || typeof cache.misses !== 'number') {
    throw new Error('its /metrics has no cache.hits and cache.misses');
  }
  return { id: String(node?.id), addr: String(node?.addr), hits: cache.hits, misses: cache.misses };
}

function statusOf(body: unknown): string {
  const { status } = body as { readonly status?: unknown };
  return typeof status === 'string' ? status : 'unknown';
}

function reasonOf(error: unknown): string {
  const { message, name, cause } = error as Error & { readonly cause?: { readonly code?: string } };
  if (name === 'TimeoutError') return `no answer within ${longestAnswer / 1000} s`;
  return cause?.code ?? message;
}
