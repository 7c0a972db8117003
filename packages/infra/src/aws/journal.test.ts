import { appendFile, mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal, readJournal, readJournals, removeJournal } from './journal.js';

const fleetId = '20261123-093000-0123456789';
const fleet = { fleetKind: 'ec2', fleetId, region: 'eu-west-1' };
const role = { kind: 'role' };
const worker = { kind: 'instance', part: 'worker-3' };

describe('Journal', () => {
  let directory: string;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'loadwright-journal-')), 'runs');
  });

  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('has the fleet on the disk before anything else happens, for its owner alone', async () => {
    const journal = await Journal.open(directory, fleet);
    expect(await readJournal(directory, fleet)).toEqual({
      ...fleet,
      expected: new Map(),
      hasBegun: false,
    });
    expect((await stat(join(directory, `${fleetId}.jsonl`))).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('knows which calls were under way, each step by itself', async () => {
    const journal = await Journal.open(directory, fleet);
    const other = { ...worker, part: 'worker-4' };
    await Promise.all([role, { kind: 'bucket' }, worker, other].map((one) => journal.intent(one)));
    await Promise.all([journal.done(role, 'r-1'), journal.failed({ kind: 'bucket' }), journal.failed(other)]);
    expect((await readJournal(directory, fleet))?.expected).toEqual(
      new Map<string, unknown>([
        ['role', { ...role, id: 'r-1' }],
        ['instance worker-3', worker],
      ]),
    );
    await journal.removed(role);
    expect((await readJournal(directory, fleet))?.expected).toEqual(new Map([['instance worker-3', worker]]));
    await journal.close();
  });

  it('takes what was made long ago for seen, but a call without an end for under way', async () => {
    const at = new Date(Date.now() - 3_600_000).toISOString();
    const lines = [
      { event: 'fleet', ...fleet, at },
      { event: 'intent', kind: 'role', at },
      { event: 'intent', kind: 'bucket', at },
      { event: 'done', kind: 'bucket', id: 'b', at },
    ];
    await mkdir(directory);
    await writeFile(
      join(directory, `${fleetId}.jsonl`),
      lines.map((line) => JSON.stringify(line)).join('\n'),
    );
    expect((await readJournal(directory, fleet))?.expected).toEqual(new Map([['role', role]]));
  });

  it('goes on with the journal of an interrupted run, whose last line may be cut off', async () => {
    const first = await Journal.open(directory, fleet);
    await first.intent({ kind: 'instance' });
    await first.close();
    await appendFile(join(directory, `${fleetId}.jsonl`), '{"event":"done","kind":"inst');
    expect((await readJournal(directory, fleet))?.expected).toEqual(
      new Map([['instance', { kind: 'instance' }]]),
    );

    const second = await Journal.open(directory, fleet);
    expect(second.hasBegun).toBe(false);
    await second.done({ kind: 'instance' }, 'i-1');
    expect(await readJournal(directory, fleet)).toMatchObject({
      expected: new Map([['instance', { kind: 'instance', id: 'i-1' }]]),
      hasBegun: true,
    });
    await second.close();
  });

  it('is closed although it could not be written: the clean-up comes after', async () => {
    const journal = await Journal.open(directory, fleet);
    await journal.close();
    await expect(journal.intent({ kind: 'instance' })).rejects.toThrow('closed');
    expect(journal.hasBegun).toBe(true);
    await journal.close();
  });

  it('of a fleet of another kind is none', async () => {
    await (await Journal.open(directory, { ...fleet, fleetKind: 'ecs' })).close();
    expect(await readJournal(directory, fleet)).toBeUndefined();
    expect(await readJournals(directory, 'ec2')).toEqual([]);
    expect(await readJournals(directory, 'ecs')).toMatchObject([{ ...fleet, fleetKind: 'ecs' }]);
  });

  it('is found among all of this machine, of which there may be none', async () => {
    expect(await readJournals(directory, 'ec2')).toEqual([]);
    const other = fleetId.replace('0', '9');
    await (await Journal.open(directory, fleet)).close();
    await (await Journal.open(directory, { ...fleet, fleetId: other, region: 'us-east-1' })).close();
    await writeFile(join(directory, 'torn.jsonl'), '{"event":"fl');
    await writeFile(join(directory, 'notes.txt'), 'not a journal');
    const found = (await readJournals(directory, 'ec2')).map(({ fleetId, region }) => [fleetId, region]);
    expect(found.sort()).toEqual(
      [
        [fleetId, 'eu-west-1'],
        [other, 'us-east-1'],
      ].sort(),
    );
  });

  it.each([0, 1, 2, 3])('with no space left at write %i is not there, or is whole', async (failing) => {
    const fileHandle = await open('/dev/null');
    const prototype = Object.getPrototypeOf(fileHandle) as typeof fileHandle;
    const append = prototype.appendFile;
    let count = 0;
    vi.spyOn(prototype, 'appendFile').mockImplementation(async function (this: typeof fileHandle, text) {
      if (count++ !== failing) return append.call(this, text);
      await append.call(this, (text as string).slice(0, 9));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    const work = async () => {
      const journal = await Journal.open(directory, fleet);
      try {
        await journal.intent(role);
        await journal.done(role, 'r-1');
        await journal.intent({ kind: 'bucket' });
      } finally {
        await journal.close();
      }
    };
    await expect(work()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(`${directory}, cannot be used: ENOSPC: no space left`),
      ) as string,
      hint: expect.stringContaining('Make room in it') as string,
    });
    vi.restoreAllMocks();
    await fileHandle.close();
    expect(await readdir(directory)).toHaveLength(failing === 0 ? 0 : 1);
    const known = [undefined, [], [['role', role]], [['role', { ...role, id: 'r-1' }]]][failing];
    const found = await readJournal(directory, fleet);
    expect(found && [...found.expected]).toEqual(known);
    // When there is room again.
    await work();
    expect((await readJournal(directory, fleet))?.expected.size).toBe(2);
  });

  it('says which folder cannot be read', async () => {
    await writeFile(directory, 'a file');
    await expect(readJournals(directory, 'ec2')).rejects.toThrow(
      `the folder of the journals, ${directory}, cannot be used`,
    );
  });

  it('is gone once it is removed, as often as one likes', async () => {
    await (await Journal.open(directory, fleet)).close();
    await removeJournal(directory, fleetId);
    await removeJournal(directory, fleetId);
    expect(await readJournal(directory, fleet)).toBeUndefined();
  });
});
