/**
 * Why a file that a user named cannot be read, in words: what was found, and what is expected.
 *
 * @param name as the user gave it
 * @param error what reading it failed with: an error of `node:fs`
 */
export function whyUnreadable(name: string, error: unknown): string {
  if (name === '') return 'found an empty name, expected the name of a file';
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EISDIR') return 'found a folder, expected a file';
  if (code === 'EACCES' || code === 'EPERM') return 'you have no permission to read this file';
  return `it cannot be read: ${message}`;
}
