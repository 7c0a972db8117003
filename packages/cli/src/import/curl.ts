import { parseArgs } from 'node:util';
import { LoadwrightError } from '@loadwright/core';
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
 * @throws LoadwrightError `USAGE` that says which part is not understood.
 */
export function curlRequests(commands: string): FoundRequest[] {
  const words = shellWords(commands);
  const starts = words.flatMap((word, index) => (/^(?:.*\/)?curl(?:\.exe)?$/.test(word) ? [index] : []));
  if (starts.length === 0 || starts[0] !== 0) {
    throw wrong(
      `it begins with "${(words[0] ?? '').slice(0, 40)}"`,
      'the text must begin with the word curl',
    );
  }
  return starts.map((start, index) => curlRequest(words.slice(start + 1, starts[index + 1])));
}

function curlRequest(args: string[]): FoundRequest {
  const { positionals, values } = parsed(args.filter((word) => word !== '' && word !== ';'));
  const [address, ...others] = [...positionals, ...(values.url ?? [])];
  if (address === undefined) throw wrong('it names no URL');
  if (others.length > 0)
    throw wrong(`it names ${others.length + 1} URLs: ${others[0]}`, 'import each by itself');
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
    throw wrong('--cookie names a file', 'give the cookies themselves, as name=value');
  }
  add('Cookie', values.cookie);
  const data = dataOf(values);
  if (values.get) {
    if (data !== undefined) url.search += `${url.search ? '&' : '?'}${data}`;
    return { method: values.request ?? 'GET', url, headers };
  }
  if (data !== undefined) {
    add('Content-Type', values.json ? 'application/json' : 'application/x-www-form-urlencoded');
    if (values.json) add('Accept', 'application/json');
  }
  const method = values.request ?? (values.head ? 'HEAD' : data === undefined ? 'GET' : 'POST');
  return { method: method.toUpperCase(), url, headers, body: data };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const name = /'([^' ]+)/.exec((error as Error).message)?.[1] ?? (error as Error).message;
    throw wrong(
      `its option ${name} is not known, or lacks its value`,
      /^(-F|--form)/.test(name)
        ? 'a form with files is written by hand: option multipart of rest'
        : 'leave out what does not change the request',
    );
  }
}

function dataOf(values: ReturnType<typeof parsed>['values']): string | undefined {
  const parts = (
    ['data', 'data-ascii', 'data-raw', 'data-binary', 'json', 'data-urlencode'] as const
  ).flatMap((name) =>
    (values[name] ?? []).map((value) => {
      if (value.startsWith('@') && name !== 'data-raw') {
        throw wrong(
          `--${name} names the file ${value.slice(1)}`,
          'give the content, or name the file as payloads',
        );
      }
      return name === 'data-urlencode' ? encoded(value) : value;
    }),
  );
  if (parts.length === 0) return undefined;
  return parts.join(values.json ? '' : '&');
}

/** As curl does it: `name=content` and `=content`, of which the content is encoded. */
function encoded(value: string): string {
  const mark = value.indexOf('=');
  if (mark < 0) return encodeURIComponent(value);
  const name = value.slice(0, mark);
  return `${name && `${name}=`}${encodeURIComponent(value.slice(mark + 1))}`;
}

function headerOf(line: string): [string, string] {
  const mark = line.indexOf(':');
  if (mark < 1) throw wrong(`its header "${line.slice(0, 40)}" has no colon`);
  return [line.slice(0, mark).trim(), line.slice(mark + 1).trim()];
}

function urlOf(address: string): URL {
  const whole = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(whole) || !/^https?:/i.test(whole))
    throw wrong(`"${address.slice(0, 60)}" is no URL of HTTP`);
  return new URL(whole);
}

function wrong(
  what: string,
  hint = 'check the command: it must be one that curl itself runs',
): LoadwrightError {
  return new LoadwrightError('USAGE', `import curl: the command cannot be read: ${what}`, { hint });
}
