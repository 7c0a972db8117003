/** Something of somebody else that is waited for. */
export interface Wait {
  /** `the answer of https://…` */
  readonly what: string;
  /** By `performance.now()`, in milliseconds. */
  readonly since: number;
}

const waits = new Set<Wait>();

/** Does work that waits for somebody else; meanwhile `longestWait` can tell for whom. */
export async function whileWaiting<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const wait = { what, since: performance.now() };
  waits.add(wait);
  try {
    return await work();
  } finally {
    waits.delete(wait);
  }
}

/** What has been waited for longest, if anything is. */
export function longestWait(): Wait | undefined {
  const [oldest] = waits;
  return oldest;
}
