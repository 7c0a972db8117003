/**
 * Keeps one comment on a pull request up to date: node comment.mjs <file with Markdown>. Where and whether come by way of the environment:
 * COMMENT, PULL_REQUEST, GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_TOKEN. A comment that cannot be written is a warning: the verdict
 * is the load test's alone.
 */
import { readFileSync } from 'node:fs';

/** Stands at the beginning of the comment, so that the next run finds it. */
const marker = '<!-- loadwright -->';
/** GitHub takes 65,536 characters. */
const longest = 60_000;
/** Comments a page, and pages at most. */
const pageSize = 100;
const mostPages = 30;

const { COMMENT, PULL_REQUEST, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;
const api = process.env.GITHUB_API_URL ?? 'https://api.github.com';

/** What an answer says is never shown: it may repeat what was sent. */
async function call(method, path, body) {
  const response = await fetch(`${api}/repos/${GITHUB_REPOSITORY}/${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${GITHUB_TOKEN}`,
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}`);
  return response.json();
}

async function findComment() {
  for (let page = 1; page <= mostPages; page += 1) {
    const path = `issues/${PULL_REQUEST}/comments?per_page=${pageSize}&page=${page}`;
    const comments = await call('GET', path);
    const own = comments.find(({ body }) => body?.startsWith(marker));
    if (own || comments.length < pageSize) return own;
  }
  return undefined;
}

async function comment(text) {
  const body = `${marker}\n${text.length > longest ? `${text.slice(0, longest)}\n\n… the rest is in the job summary.` : text}`;
  const own = await findComment();
  if (own) await call('PATCH', `issues/comments/${own.id}`, { body });
  else await call('POST', `issues/${PULL_REQUEST}/comments`, { body });
}

if (COMMENT === 'true' && /^\d+$/.test(PULL_REQUEST ?? '')) {
  await comment(readFileSync(process.argv[2], 'utf8')).catch((error) => {
    const why = error.cause?.code ?? error.message;
    process.stdout.write(`::warning::The comment on the pull request could not be written: ${why}\n`);
  });
}
