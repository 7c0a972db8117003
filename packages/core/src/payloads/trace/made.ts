import { parseRate } from '../../values/rate.js';
import { secondsOf } from '../../values/duration.js';
import type { ReadRow, Recorded } from './recorded.js';
import { hasSession, numberOf } from './recordings.js';
import type { TraceSource } from './source.js';

/** Tokens that one `hash_id` of a Mooncake trace stands for. https://github.com/kvcache-ai/Mooncake */
const blockTokens = 512;
/** Short and common, so that a tokenizer makes one token of each. */
const words = (
  'the of and to in is you that it he was for on are as with his they at be this have from or one had by ' +
  'word but not what all were we when your can said there use an each which she do how their if will up'
).split(' ');

const json = (value: unknown) => ({ kind: 'text' as const, content: JSON.stringify(value) });

/** Each turn of a person becomes a request with all that was said before, as it was recorded. */
export function readConversation(source: TraceSource): ReadRow {
  const rate = parseRate(source.sessionRate ?? '1/s')!;
  const pauseSeconds = secondsOf(source.pause ?? '10s');
  return ({ id, conversations }, number) => {
    if (!Array.isArray(conversations)) throw new Error('"conversations" is missing');
    const messages = conversations.map((turn: unknown) => {
      const { from, value } = Object(turn) as { readonly from?: unknown; readonly value?: unknown };
      if (typeof from !== 'string' || typeof (value ?? '') !== 'string')
        throw new Error('"conversations" must hold turns {"from": "human", "value": "…"}');
      return {
        role: from === 'human' || from === 'user' ? 'user' : from === 'system' ? 'system' : 'assistant',
        content: value ?? '',
      };
    });
    const turns = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
    return turns.map((index, turn) => ({
      seconds: number / rate + turn * pauseSeconds,
      session: `${String(id)} ${number}`,
      body: json({ ...source.body, messages: messages.slice(0, index + 1) }),
      contentType: 'application/json',
    }));
  };
}

/** `{"timestamp": ms, "input_length", "output_length", "hash_ids"}`: requests that share ids begin with the same text. */
export function readMooncake(source: TraceSource): ReadRow {
  return (row) => {
    const timestamp = timeOf(row, 'timestamp');
    const [input, output] = tokensOf(row, ['input_length', 'output_length']);
    const ids: readonly unknown[] = Array.isArray(row['hash_ids']) ? row['hash_ids'] : [];
    const blocks = ids.map((id) => {
      if (!Number.isSafeInteger(id)) throw new Error('"hash_ids" must hold whole numbers');
      return textOf(Number(id), blockTokens);
    });
    const text = blocks.join(' ').split(' ').slice(0, input).join(' ');
    const missing = input! - ids.length * blockTokens;
    const filler = missing > 0 ? textOf(timestamp, missing) : '';
    const session = row['session_id'];
    return [
      {
        seconds: timestamp / 1000,
        ...(hasSession(session) && { session: String(session) }),
        ...made(source, [text, filler].filter(Boolean).join(' '), output!),
      },
    ];
  };
}

/** `Timestamp,Model,Request tokens,Response tokens,…`, in seconds. https://github.com/HPMLL/BurstGPT */
export function readBurst(source: TraceSource): ReadRow {
  return (row, number) => {
    const [input, output] = tokensOf(row, ['Request tokens', 'Response tokens']);
    const session = row['Session ID'];
    return [
      {
        seconds: timeOf(row, 'Timestamp'),
        ...(hasSession(session) && { session: String(session) }),
        ...made(source, textOf(number, input!), output!),
      },
    ];
  };
}

function made({ as = 'chat', body }: TraceSource, text: string, tokens: number): Omit<Recorded, 'seconds'> {
  const prompt = as === 'chat' ? { messages: [{ role: 'user', content: text }] } : { prompt: text };
  // A service refuses to write nothing.
  return {
    body: json({ max_tokens: Math.max(1, tokens), ...body, ...prompt }),
    contentType: 'application/json',
  };
}

type Row = Readonly<Record<string, unknown>>;

function timeOf(row: Row, name: string): number {
  const value = numberOf(row[name]);
  if (value === undefined || value < 0) throw new Error(`"${name}" must be a number of 0 or more`);
  return value;
}

/** No service takes as many in one request. */
const mostTokens = 10_000_000;

function tokensOf(row: Row, names: readonly string[]): number[] {
  return names.map((name) => {
    const value = numberOf(row[name]);
    if (value === undefined || !Number.isInteger(value) || value < 0 || value > mostTokens)
      throw new Error(`"${name}" must be a whole number from 0 to ${mostTokens}`);
    return value;
  });
}

/** So many words, the same ones for the same seed (a generator of congruences, Numerical Recipes, 7.1). */
function textOf(seed: number, count: number): string {
  let state = (Math.imul(seed + 1, 2654435761) ^ 0x5bd1e995) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return words[(state >>> 16) % words.length]!;
  }).join(' ');
}
