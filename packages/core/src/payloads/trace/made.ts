import { parseRate } from '../../values/rate.js';
import { secondsOf } from '../../values/duration.js';
import type { ReadRow, Recorded } from './recorded.js';
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
    const messages = (conversations as { from?: string; value?: string }[]).map(({ from, value }) => ({
      role: from === 'human' || from === 'user' ? 'user' : from === 'system' ? 'system' : 'assistant',
      content: value ?? '',
    }));
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
    const [timestamp, input, output] = numbersOf(row, ['timestamp', 'input_length', 'output_length']);
    const ids = Array.isArray(row['hash_ids']) ? (row['hash_ids'] as number[]) : [];
    const blocks = ids.map((id) => textOf(Number(id), blockTokens));
    const text = blocks.join(' ').split(' ').slice(0, input).join(' ');
    const missing = input! - ids.length * blockTokens;
    const filler = missing > 0 ? textOf(timestamp!, missing) : '';
    const session = row['session_id'];
    return [
      {
        seconds: timestamp! / 1000,
        ...(session !== undefined && { session: String(session) }),
        ...made(source, [text, filler].filter(Boolean).join(' '), output!),
      },
    ];
  };
}

/** `Timestamp,Model,Request tokens,Response tokens,…`, in seconds. https://github.com/HPMLL/BurstGPT */
export function readBurst(source: TraceSource): ReadRow {
  return (row, number) => {
    const names = ['Timestamp', 'Request tokens', 'Response tokens'];
    const [seconds, input, output] = numbersOf(row, names);
    const session = row['Session ID'];
    return [
      {
        seconds: seconds!,
        ...(typeof session === 'string' && session !== '' && { session }),
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

function numbersOf(row: Readonly<Record<string, unknown>>, names: readonly string[]): number[] {
  return names.map((name) => {
    const value = Number(row[name] ?? NaN);
    if (row[name] === '' || !Number.isFinite(value) || value < 0) throw new Error(`"${name}" is no number`);
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
