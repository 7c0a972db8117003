import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunId, LoadwrightError } from '@loadwright/core';
import { Journal, type Action } from '@loadwright/core/workflow';

/** Of a folder of results: the journals of all workflows of a name. */
const folderOf = (results: string, name: string) => join(results, 'workflows', name);

/** Beside the journal of a workflow: what a step of it leaves. */
export const stepFolder = (results: string, name: string, id: string, step: string) =>
  join(folderOf(results, name), id, step);

/** The journal of a workflow that begins. */
export function newJournal(results: string, name: string, actions: readonly Action[]): Journal {
  const id = createRunId();
  return Journal.create(join(folderOf(results, name), `${id}.json`), id, actions);
}

/**
 * The journal of a workflow that goes on.
 *
 * @param id A part of its id. True: the newest.
 */
export async function findJournal(
  results: string,
  name: string,
  id: string | true,
  actions: readonly Action[],
): Promise<Journal> {
  const folder = folderOf(results, name);
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json')).sort();
  const found = files.findLast((file) => id === true || file.includes(id));
  if (found !== undefined) return Journal.open(join(folder, found), actions);
  throw new LoadwrightError(
    'RESULTS_UNREADABLE',
    `workflow: there is no journal${id === true ? '' : ` "${id}"`} of ${name} in ${folder}`,
    { hint: 'Begin it: the same command without --resume.' },
  );
}
