import { describe, expect, it } from 'vitest';
import { keptProbe, type PreflightExit, type StartPreflight } from './kept-probe.js';
import { preflightEnd } from './preflight-command.js';

const answer = { version: 1, request: null, answer: null, seconds: 0, sentAt: 1, failure: null };
const request = { directory: '/bundle', environment: {} };

/** A process that answers each request, and says what was done to it. */
function answering(done: string[], delay: Promise<unknown> = Promise.resolve()): StartPreflight {
  return async (_, { variables }, onLine) => {
    await delay;
    const say = (asked: string) => {
      done.push(asked);
      onLine(JSON.stringify({ ...answer, seconds: done.length }));
      onLine(preflightEnd);
    };
    let exit: PreflightExit | undefined;
    let finish = (_exit: PreflightExit) => {};
    const ended = new Promise<PreflightExit>((resolve) => (finish = resolve));
    setImmediate(() => say(`start ${variables['LOADWRIGHT_PREFLIGHT']}`));
    return {
      ended,
      process: {
        get exit() {
          return exit;
        },
        write: (line) => setImmediate(() => say(line)),
        endInput: () => done.push('input ended'),
        end: async () => finish((exit = { code: 0 })),
      },
    };
  };
}

describe('a probe that keeps its process', () => {
  it('asks it for one request after the other, and another bundle or other variables start another', async () => {
    const done: string[] = [];
    const probe = keptProbe(answering(done));
    const both = await Promise.all([probe(request), probe({ ...request, path: '/health' })]);
    expect(both.map(({ seconds }) => seconds)).toEqual([1, 2]);
    await probe({ ...request, directory: '/other' });
    await probe({ ...request, directory: '/other', environment: { TOKEN: 'b' } });
    await probe.close();
    expect(done).toEqual([
      ...['start load', '"/health"', 'input ended'],
      ...['start load', 'input ended', 'start load', 'input ended'],
    ]);
  });

  it('that is closed while it starts ends what has started, and is closed when that has ended', async () => {
    const done: string[] = [];
    let start = () => {};
    const probe = keptProbe(answering(done, new Promise<void>((resolve) => (start = resolve))));
    const refused = expect(probe(request)).rejects.toMatchObject({ code: 'ABORTED' });
    await Promise.resolve();
    const closed = probe.close();
    start();
    await closed;
    expect(done).toEqual(['input ended']);
    await refused;
  });

  it('says why a process did not start', async () => {
    const problem = new Error('there is no such command');
    const exit = { code: null, problem };
    const process = { exit, write: () => {}, endInput: () => {}, end: async () => {} };
    const probe = keptProbe(() => ({ process, ended: Promise.resolve(exit) }));
    await expect(probe(request)).rejects.toBe(problem);
    await probe.close();
  });
});
