import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@loadwright/core/fleet';
import { z } from 'zod';

const entrySchema = z.object({ usDollars: z.number().positive(), at: z.iso.datetime() });

type Entry = z.infer<typeof entrySchema>;

/** How long a price that was looked up is used again. */
const freshMilliseconds = 7 * 24 * 3600 * 1000;

/** The price that was looked up in the last 7 days; undefined when there is none, or the file cannot be read. */
export async function cachedPrice(directory: string, key: string, now: Date): Promise<Entry | undefined> {
  try {
    const entry = entrySchema.parse(JSON.parse(await readFile(fileOf(directory, key), 'utf8')));
    const age = now.getTime() - Date.parse(entry.at);
    return age >= 0 && age < freshMilliseconds ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a price. A cache that cannot be written is done without. */
export async function cachePrice(
  directory: string,
  key: string,
  usDollars: number,
  now: Date,
): Promise<void> {
  const file = fileOf(directory, key);
  try {
    await mkdir(join(directory, 'prices'), { recursive: true });
    await writeWhole(file, JSON.stringify({ usDollars, at: now.toISOString() } satisfies Entry));
  } catch {
    return;
  }
}

function fileOf(directory: string, key: string): string {
  return join(directory, 'prices', `${key}.json`);
}
