import { appendFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal, readJournal, readJournals, removeJournal } from './journal.js';
import { knownEc2Fleets } from '../ec2/remembered.js';

const fleetId = '20261123-093000-0123456789';

describe('Journal', () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'loadwright-journal-')), 'runs');
  });

  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('has the fleet on the disk before anything else happens, for its owner alone', async () => {
    const journal = await Journal.open(directory, fleetId, 'eu-west-1');
    expect(await readJournal(directory, fleetId)).toEqual({
      fleetId,
      region: 'eu-west-1',
      expected: new Map(),
      hasBegun: false,
    });
    expect((await stat(join(directory, `${fleetId}.jsonl`))).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('knows which calls were under way, each step by itself', async () => {
    const journal = await Journal.open(directory, fleetId, 'eu-west-1');
    await Promise.all(['role', 'bucket', 'instance'].map((kind) => journal.intent(kind)));
    await Promise.all([journal.done('role', 'r-1'), journal.failed('bucket')]);
    expect((await readJournal(directory, fleetId))?.expected).toEqual(
      new Map([
        ['role', 'r-1'],
        ['instance', undefined],
      ]),
    );
    await journal.removed('role');
    expect((await readJournal(directory, fleetId))?.expected).toEqual(new Map([['instance', undefined]]));
    await journal.close();
  });

  it('takes what was made long ago for seen, but a call without an end for under way', async () => {
    const at = new Date(Date.now() - 3_600_000).toISOString();
    const lines = [
      { event: 'run', fleetId, region: 'eu-west-1', at },
      { event: 'intent', kind: 'role', at },
      { event: 'intent', kind: 'bucket', at },
      { event: 'done', kind: 'bucket', id: 'b', at },
    ];
    await mkdir(directory);
    await writeFile(
      join(directory, `${fleetId}.jsonl`),
      lines.map((line) => JSON.stringify(line)).join('\n'),
    );
    expect((await readJournal(directory, fleetId))?.expected).toEqual(new Map([['role', undefined]]));
  });

  it('goes on with the journal of an interrupted run, whose last line may be cut off', async () => {
    const first = await Journal.open(directory, fleetId, 'eu-west-1');
    await first.intent('instance');
    await first.close();
    await appendFile(join(directory, `${fleetId}.jsonl`), '{"event":"done","kind":"inst');
    expect((await readJournal(directory, fleetId))?.expected).toEqual(new Map([['instance', undefined]]));

    const second = await Journal.open(directory, fleetId, 'eu-west-1');
    expect(second.hasBegun).toBe(false);
    await second.done('instance', 'i-1');
    expect(await readJournal(directory, fleetId)).toMatchObject({
      expected: new Map([['instance', 'i-1']]),
      hasBegun: true,
    });
    await second.close();
  });

  it('is closed although it could not be written: the clean-up comes after', async () => {
    const journal = await Journal.open(directory, fleetId, 'eu-west-1');
    await journal.close();
    await expect(journal.intent('instance')).rejects.toThrow('closed');
    expect(journal.hasBegun).toBe(true);
    await journal.close();
  });

  it('is found among all of this machine, of which there may be none', async () => {
    expect(await readJournals(directory)).toEqual([]);
    const other = fleetId.replace('0', '9');
    await (await Journal.open(directory, fleetId, 'eu-west-1')).close();
    await (await Journal.open(directory, other, 'us-east-1')).close();
    await writeFile(join(directory, 'torn.jsonl'), '{"event":"ru');
    await writeFile(join(directory, 'notes.txt'), 'not a journal');
    const found = (await readJournals(directory)).map(({ fleetId, region }) => [fleetId, region]);
    expect(found.sort()).toEqual(
      [
        [fleetId, 'eu-west-1'],
        [other, 'us-east-1'],
      ].sort(),
    );
    expect(
      await knownEc2Fleets({ environment: { LOADWRIGHT_STATE_DIR: join(directory, '..') } }),
    ).toContainEqual({
      fleetId,
      options: { region: 'eu-west-1' },
    });
  });

  it('says which folder cannot be read', async () => {
    await writeFile(directory, 'a file');
    await expect(readJournals(directory)).rejects.toThrow(
      `the folder of the journals, ${directory}, cannot be used`,
    );
  });

  it('is gone once it is removed, as often as one likes', async () => {
    await (await Journal.open(directory, fleetId, 'eu-west-1')).close();
    await removeJournal(directory, fleetId);
    await removeJournal(directory, fleetId);
    expect(await readJournal(directory, fleetId)).toBeUndefined();
  });
});
