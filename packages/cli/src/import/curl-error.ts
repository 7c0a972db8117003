import { LoadwrightError } from '@loadwright/core';

/** What keeps a curl command from being read. */
export function wrongCommand(
  what: string,
  hint = 'check the command: it must be one that curl itself runs',
): LoadwrightError {
  return new LoadwrightError('USAGE', `import curl: the command cannot be read: ${what}`, { hint });
}
