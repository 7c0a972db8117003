/** What is merely useful may take so long when somebody wants to leave, in milliseconds. */
const hurriedMilliseconds = 2000;

/**
 * The time for something without which a run is still worth its report.
 *
 * @param limit in milliseconds
 * @param leave comes when the user wants to leave: then there is little time left
 * @returns comes when the time is over
 */
export function timeFor(limit: number, leave?: AbortSignal): AbortSignal {
  const over = new AbortController();
  const end = () => over.abort(new Error('it took too long'));
  setTimeout(end, limit).unref();
  const hurry = () => setTimeout(end, hurriedMilliseconds).unref();
  if (leave?.aborted) hurry();
  else leave?.addEventListener('abort', hurry, { once: true, signal: over.signal });
  return over.signal;
}
