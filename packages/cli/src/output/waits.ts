import { formatDuration, longestWait } from '@loadwright/core/text';

/** When a wait is shown, in milliseconds: nothing of the usual answer, then from time to time. */
const firstAfter = 5000;
const again = 10_000;
const look = 500;

type Tell = (line: string) => void;

const tellers: Tell[] = [];

/** Reports waits through another way, such as a live view, until the returned function is called. */
export function tellWaitsThrough(tell: Tell): () => void {
  tellers.push(tell);
  return () => void tellers.splice(tellers.indexOf(tell), 1);
}

/** Says whom the work waits for when it takes long: no command is silent because somebody else is. */
export async function tellingWaits<Result>(tell: Tell, work: Promise<Result>): Promise<Result> {
  const release = tellWaitsThrough(tell);
  let shownAt = 0;
  let shownOf: unknown;
  const timer = setInterval(() => {
    const wait = longestWait();
    const now = performance.now();
    if (!wait || now - wait.since < firstAfter || (shownOf === wait && now - shownAt < again)) return;
    shownAt = now;
    shownOf = wait;
    const duration = formatDuration(Math.round((now - wait.since) / 1000));
    tellers.at(-1)?.(`waiting for ${wait.what}, ${duration} so far`);
  }, look);
  timer.unref();
  try {
    return await work;
  } finally {
    clearInterval(timer);
    release();
  }
}
