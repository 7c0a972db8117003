import { parseArgs } from 'node:util';
import { dataOf, encoded, formPart, textOfFile, type DataOption } from './curl-data.js';
import { wrongCommand } from './curl-error.js';
import type { FoundRequest } from './requests.js';
import { shellWords } from './shell-words.js';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

/** The options of curl that say what is sent, and those that do not matter for it. */
const options = {
  request: { ...text, short: 'X' },
  header: { ...texts, short: 'H' },
  data: { ...texts, short: 'd' },
  'data-raw': texts,
  'data-ascii': texts,
  'data-binary': texts,
  'data-urlencode': texts,
  json: texts,
  form: { ...texts, short: 'F' },
  'form-string': texts,
  'url-query': texts,
  get: { ...flag, short: 'G' },
  head: { ...flag, short: 'I' },
  url: texts,
  user: { ...text, short: 'u' },
  'oauth2-bearer': text,
  'user-agent': { ...text, short: 'A' },
  referer: { ...text, short: 'e' },
  cookie: { ...text, short: 'b' },
  compressed: flag,
  insecure: { ...flag, short: 'k' },
  location: { ...flag, short: 'L' },
  silent: { ...flag, short: 's' },
  'show-error': { ...flag, short: 'S' },
  verbose: { ...flag, short: 'v' },
  include: { ...flag, short: 'i' },
  fail: { ...flag, short: 'f' },
  globoff: { ...flag, short: 'g' },
  'http1.1': flag,
  http2: flag,
  output: { ...text, short: 'o' },
  'write-out': { ...text, short: 'w' },
  'max-time': { ...text, short: 'm' },
  'connect-timeout': text,
  retry: text,
} as const;

/**
 * The requests of a text with curl commands, one after the other.
 *
 * @param directory the files that they name are relative to it
 * @throws LoadwrightError `USAGE` that says which part is not understood.
 */
export function curlRequests(commands: string, directory: string): FoundRequest[] {
  const words = shellWords(commands);
  const starts = words.flatMap((word, index) => (/^(?:.*\/)?curl(?:\.exe)?$/.test(word) ? [index] : []));
  if (starts.length === 0 || starts[0] !== 0) {
    throw wrongCommand(
      `it begins with "${(words[0] ?? '').slice(0, 40)}"`,
      'the text must begin with the word curl',
    );
  }
  return starts.map((start, index) => curlRequest(words.slice(start + 1, starts[index + 1]), directory));
}

function curlRequest(args: string[], directory: string): FoundRequest {
  const { positionals, tokens, values } = parsed(args.filter((word) => word !== '' && word !== ';'));
  const [address, ...others] = [...positionals, ...(values.url ?? [])];
  if (address === undefined) throw wrongCommand('it names no URL');
  if (others.length > 0)
    throw wrongCommand(`it names ${others.length + 1} URLs: ${others[0]}`, 'import each by itself');
  const url = urlOf(address);
  const headers = (values.header ?? []).map(headerOf);
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && !headers.some(([given]) => given.toLowerCase() === name.toLowerCase())) {
      headers.push([name, value]);
    }
  };
  const user = values.user ?? (url.username && decodeURIComponent(`${url.username}:${url.password}`));
  if (user) add('Authorization', `Basic ${Buffer.from(user).toString('base64')}`);
  url.username = url.password = '';
  if (values['oauth2-bearer']) add('Authorization', `Bearer ${values['oauth2-bearer']}`);
  add('User-Agent', values['user-agent']);
  add('Referer', values.referer);
  if (values.cookie !== undefined && !values.cookie.includes('=')) {
    throw wrongCommand('--cookie names a file', 'give the cookies themselves, as name=value');
  }
  add('Cookie', values.cookie);
  const given = tokens.filter((token): token is typeof token & DataOption => token.kind === 'option');
  for (const { value } of given.filter(({ name }) => name === 'url-query')) {
    addQuery(url, value.startsWith('+') ? value.slice(1) : encoded(value, directory));
  }
  const data = dataOf(given, directory);
  const parts = given.filter(({ name }) => name === 'form' || name === 'form-string');
  if (data !== undefined && parts.length > 0) throw wrongCommand('it sends both data and a form');
  if (values.get && data !== undefined) {
    addQuery(url, 'text' in data ? data.text : textOfFile(data.file, directory));
  }
  const body = values.get ? undefined : data;
  if (body !== undefined) {
    add('Content-Type', values.json ? 'application/json' : 'application/x-www-form-urlencoded');
    if (values.json) add('Accept', 'application/json');
  }
  const hasBody = body !== undefined || parts.length > 0;
  const method = values.request ?? (values.head ? 'HEAD' : hasBody ? 'POST' : 'GET');
  return {
    method: method.toUpperCase(),
    url,
    headers,
    ...(body && ('text' in body ? { body: body.text } : { file: body.file })),
    ...(parts.length > 0 && { form: parts.map((part) => formPart(part, directory)) }),
  };
}

function addQuery(url: URL, text: string): void {
  url.search += `${url.search ? '&' : '?'}${text}`;
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const name = /'([^' ]+)/.exec((error as Error).message)?.[1] ?? (error as Error).message;
    throw wrongCommand(
      `its option ${name} is not known, or lacks its value`,
      'leave out what does not change the request',
    );
  }
}

function headerOf(line: string): [string, string] {
  const mark = line.indexOf(':');
  if (mark < 1) throw wrongCommand(`its header "${line.slice(0, 40)}" has no colon`);
  return [line.slice(0, mark).trim(), line.slice(mark + 1).trim()];
}

function urlOf(address: string): URL {
  const whole = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(whole) || !/^https?:/i.test(whole))
    throw wrongCommand(`"${address.slice(0, 60)}" is no URL of HTTP`);
  return new URL(whole);
}
