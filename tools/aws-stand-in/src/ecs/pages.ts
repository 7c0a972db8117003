import { invalid } from './errors.js';

/**
 * One page of a list, as ECS and ECR give it.
 *
 * @param longest how many are on a page when nothing, or more, is asked for
 */
export function page<One>(
  all: readonly One[],
  { maxResults, nextToken }: { readonly maxResults?: unknown; readonly nextToken?: unknown },
  longest: number,
): { items: readonly One[]; next: { nextToken?: string } } {
  const start = nextToken === undefined ? 0 : Number(Buffer.from(String(nextToken), 'base64').toString());
  if (!Number.isInteger(start)) throw invalid('Invalid token');
  const end = start + Math.min(Number(maxResults ?? longest), longest);
  const next = end < all.length ? { nextToken: Buffer.from(String(end)).toString('base64') } : {};
  return { items: all.slice(start, end), next };
}

/** At most so many may be asked for at once. */
export function atMost(limit: number, what: string, list: unknown): unknown[] {
  const all = (list ?? []) as unknown[];
  if (all.length > limit) throw invalid(`${what} can have at most ${limit} items.`);
  return all;
}
