import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { catalogue } from '../../packages/cli/dist/explain/index.js';
import { errorCodes } from '../../packages/core/dist/errors.js';
import { validityRules } from '../../packages/core/dist/command/index.js';
import { root } from '../lib/paths.mjs';

const about = {
  errors: (id) => `An error code. The command ends with exit code ${errorCodes[id] ?? 1}.`,
  failures: () => 'A kind of failure of a request: it counts in `http_req_failed`.',
  invalid: (id, isWarning) => {
    if (isWarning) return 'A warning of a report: no verdict depends on it.';
    return validityRules[id]
      ? `A reason for the verdict INVALID: ${validityRules[id].summary}.`
      : 'A reason for the verdict INVALID.';
  },
};

/** `<` begins a tag, except in code. */
const escape = (text) => text.replace(/(`[^`]*`)|</g, (_, code) => code ?? '\\<');
const list = (lines) => lines.map((line) => `- ${escape(line)}`).join('\n');

const titleOf = (page) => /^# (.+)$/m.exec(readFileSync(join(root, 'docs', page), 'utf8'))[1];

function page(folder, id, { meaning, causes, steps, pages, isWarning }) {
  const links = pages
    .map((each) => `- [${titleOf(each)}](${posix.relative(`reference/${folder}`, each)})`)
    .join('\n');
  return `# \`${id}\`

${escape(meaning)}

${about[folder](id, isWarning)} \`loadwright explain ${id}\` prints this page.

## Usual causes

${list(causes)}

## What to do

${list(steps)}

## More

${links}
`;
}

/** The folders of pages that are generated whole, and the pages of each by the names of their files. */
export const explanationPages = Object.fromEntries(
  Object.entries(catalogue).map(([folder, entries]) => [
    `docs/reference/${folder}`,
    Object.fromEntries(Object.entries(entries).map(([id, entry]) => [`${id}.md`, page(folder, id, entry)])),
  ]),
);
