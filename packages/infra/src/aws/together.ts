import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Aws } from './clients.js';

/** What each thing that was asked about turned out to be. */
export type Answers<Answer> = ReadonlyMap<string, Answer>;

/**
 * A question about one thing, asked about all of them in one call where many ask at the same moment. Where AWS refuses a part of
 * the calls, the SDK lets as little as one call in two seconds through to each service: a call for each of fifty machines, which
 * all wait for the same, takes minutes.
 *
 * @param most How many things one call takes.
 * @param ask What it leaves out has the answer undefined.
 */
export function together<Answer>(
  most: number,
  ask: (aws: Aws, ids: readonly string[]) => Promise<Answers<Answer>>,
): (aws: Aws, id: string) => Promise<Answer | undefined> {
  const gatherings = new WeakMap<Aws, Gathering<Answer>>();
  return async (aws, id) => {
    let own = gatherings.get(aws);
    if (!own || (own.ids.size >= most && !own.ids.has(id))) {
      own = gather(aws);
      gatherings.set(aws, own);
    }
    own.ids.add(id);
    return (await own.answers).get(id);
  };

  function gather(aws: Aws): Gathering<Answer> {
    const ids = new Set<string>();
    const answers = nextTurn().then(() => {
      if (gatherings.get(aws)?.ids === ids) gatherings.delete(aws);
      return ask(aws, [...ids]);
    });
    return { ids, answers };
  }
}

interface Gathering<Answer> {
  readonly ids: Set<string>;
  readonly answers: Promise<Answers<Answer>>;
}
