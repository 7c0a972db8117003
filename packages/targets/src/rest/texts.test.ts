import { describe, expect, it } from 'vitest';
import { madeBody } from './made-body.js';
import { restOptionsSchema, routesOf, type RestInput } from './options.js';
import { restConfig } from './target-config.js';
import { mostWords, runningText, shortestText } from './texts.js';

const options = (input: Partial<RestInput>) =>
  restOptionsSchema.parse({ baseUrl: 'https://api.example', ...input });
const configOf = (input: Partial<RestInput>) => restConfig(options(input), 'TOKEN');

describe('the text that generated texts are cut out of', () => {
  const words = runningText().split(' ');

  it('is of printable ASCII that JSON writes as it is, in sentences', () => {
    expect(runningText()).toMatch(/^[A-Z][A-Za-z., ]+$/);
    expect(JSON.stringify(runningText())).toBe(`"${runningText()}"`);
    expect(words).toHaveLength(2 * mostWords);
    expect(words.every((word) => /^[A-Za-z]+[.,]?$/.test(word))).toBe(true);
    // 1 to 15 words make a sentence.
    expect(words.filter((word) => word.endsWith('.')).length).toBeGreaterThan(words.length / 16);
  });

  it.each([1, 2, 7, 100])('has no shorter text of %d words than it is reckoned to have', (count) => {
    const lengths = words
      .slice(count - 1)
      .map((_, first) => words.slice(first, first + count).join(' ').length);
    expect(shortestText(count)).toBe(lengths.reduce((one, other) => Math.min(one, other)));
  });

  it.each<[string, Partial<RestInput>]>([
    ['body', { body: { a: [{ b: { $text: [1, 5] } }] } }],
    ['query', { method: 'GET', query: { q: { $text: [1, 2] } } }],
    ['path', { method: 'GET', route: '/{q}', parameters: { q: { $text: [1, 2] } } }],
    ['header', { headers: { 'X-Note': { $text: [1, 5] } } }],
    ['form', { multipart: { fields: { note: { $text: [3, 5] } } }, payloads: { inline: [1] } }],
    ['a route', { routes: [{ name: 'a', path: '/a', body: { $text: [1, 5] } }] }],
    [
      'a step',
      {
        flows: [
          {
            name: 'f',
            weight: 1,
            steps: [
              { name: 'a', path: '/a', body: { $text: [1, 5] }, extract: { id: { json: '/id' } } },
              { name: 'b', path: '/b', body: { $extracted: 'id' } },
            ],
          },
        ],
      },
    ],
  ])('goes to the workers for a text in %s', (_, input) => {
    const isOne = !('routes' in input || 'flows' in input);
    const { runningText: sent } = configOf({ ...(isOne && { route: '/a' }), ...input });
    expect(sent === runningText()).toBe(true);
  });

  it('stays where there is none', () => {
    expect(configOf({ route: '/a', body: { $choice: [{ $text: 1 }] } })).not.toHaveProperty('runningText');
  });
});

it('the body is reckoned with the shortest text', () => {
  const [route] = routesOf(options({ route: '/a', body: { a: { $text: [10, 20] } } }));
  const made = madeBody(route!);
  if (typeof made === 'string') throw new Error(made);
  expect(made.bytesOf({ kind: 'json', text: '1', bytes: 1 })).toBe('{"a":""}'.length + shortestText(10));
});
