import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, readJournal, removeJournal } from './journal.js';

const runId = '20261123-093000-0123456789';

describe('Journal', () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'loadwright-journal-')), 'runs');
  });

  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('has the run on the disk before anything else happens, for its owner alone', async () => {
    const journal = await Journal.open(directory, runId, 'eu-west-1');
    expect(await readJournal(directory, runId)).toEqual({ runId, region: 'eu-west-1', open: new Set() });
    expect((await stat(join(directory, `${runId}.jsonl`))).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('knows which calls were under way, each step by itself', async () => {
    const journal = await Journal.open(directory, runId, 'eu-west-1');
    await Promise.all(['role', 'bucket', 'instance'].map((kind) => journal.intent(kind)));
    await Promise.all([journal.done('role', 'r-1'), journal.failed('bucket')]);
    expect((await readJournal(directory, runId))?.open).toEqual(new Set(['instance']));
    await journal.close();
  });

  it('goes on with the journal of an interrupted run, whose last line may be cut off', async () => {
    const first = await Journal.open(directory, runId, 'eu-west-1');
    await first.intent('instance');
    await first.close();
    await appendFile(join(directory, `${runId}.jsonl`), '{"event":"done","kind":"inst');
    expect((await readJournal(directory, runId))?.open).toEqual(new Set(['instance']));

    const second = await Journal.open(directory, runId, 'eu-west-1');
    await second.done('instance', 'i-1');
    expect((await readJournal(directory, runId))?.open).toEqual(new Set());
    await second.close();
  });

  it('is gone once it is removed, as often as one likes', async () => {
    await (await Journal.open(directory, runId, 'eu-west-1')).close();
    await removeJournal(directory, runId);
    await removeJournal(directory, runId);
    expect(await readJournal(directory, runId)).toBeUndefined();
  });
});
