import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { changedIntegers, JsonNumber, parseJson, stringifyJson } from './json-number.js';
import { jsonValueSchema } from './json-value-schema.js';
import { jsonSchemaOf } from './json-schema.js';

const numbers = ['0', '-0', '1', '9007199254740993', '2.0', '-0.0', '1e-7', '1E+5', '0.10', '1e400', '1.5'];

describe('parseJson and stringifyJson', () => {
  it.each(numbers)('keep %s', (text) => {
    const document = `{"a":[${text},"${text}"],"b":{"c":${text}}}`;
    expect(stringifyJson(parseJson(document))).toBe(document);
    expect(Number((parseJson(document) as { b: { c: number } }).b.c)).toBe(Number(text));
  });

  it('are as those of JavaScript otherwise', () => {
    const text = JSON.stringify({ 'a"\\2.0': ['\u0000', 1.5, null, true, '\ud83d', { ü: '\\"2.0' }] });
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(stringifyJson({ a: undefined, b: [undefined, new Date(0)] })).toBe(
      '{"b":[null,"1970-01-01T00:00:00.000Z"]}',
    );
    expect(stringifyJson({ a: new JsonNumber('2.0'), b: 1n }, 2)).toBe('{\n  "a": 2.0,\n  "b": 1\n}');
    expect(() => parseJson('{"a": 01}')).toThrow(SyntaxError);
  });

  it('take texts of any length', () => {
    const long = JSON.stringify({ text: 'x\\"'.repeat(2_000_000), number: '2.0' }).replace('"2.0"', '2.0');
    expect(stringifyJson(parseJson(long))).toBe(long);
  });
});

describe('jsonValueSchema', () => {
  const schema = z.strictObject({ inline: z.array(jsonValueSchema()).min(1) });

  it('keeps numbers as they were written', () => {
    const text = `{"inline":[{"id":9007199254740993,"x":[2.0,-0]},1e-7]}`;
    expect(stringifyJson(schema.parse(parseJson(text)))).toBe(text);
    expect(stringifyJson(schema.parse({ inline: [9007199254740993n] }))).toBe(
      '{"inline":[9007199254740993]}',
    );
  });

  it.each([[undefined], [() => 1], [{ a: new Date(0) }], [{ a: Number.NaN }]])(
    'refuses what JSON does not have: %s',
    (value) => {
      const result = schema.safeParse({ inline: [value] });
      expect(result.success).toBe(false);
      expect(result.error?.issues[0]?.path.slice(0, 2)).toEqual(['inline', 0]);
    },
  );

  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown;
  const round: { self?: unknown } = {};
  round.self = [round];

  it.each<[string, unknown, string]>([
    ['holds itself', round, 'or holds itself'],
    ['is nested deeply', nested(5000), 'more than 500 levels deep'],
    ['has a member that is lost', JSON.parse('{"a":[{"__proto__":1}]}'), '"__proto__"'],
  ])('refuses what %s, and says so', (_what, value, message) => {
    const { error } = schema.safeParse({ inline: [value] });
    expect(error?.issues).toEqual([
      expect.objectContaining({ path: ['inline', 0], message: expect.stringContaining(message) as string }),
    ]);
  });

  it('takes what no service takes deeper, and a zero with its sign', () => {
    expect(schema.parse({ inline: [nested(400)] })).toEqual({ inline: [nested(400)] });
    expect(stringifyJson(schema.parse({ inline: [-0, 0] }))).toBe('{"inline":[-0,0]}');
  });

  it('is described as any JSON', () => {
    const described = JSON.stringify(jsonSchemaOf(schema));
    expect(described).toContain('"x-loadwright-json":true');
    expect(described).toContain('"type":"null"');
  });
});

it('changedIntegers finds what JavaScript has lost', () => {
  const value = [{ a: { user_id: 9007199254740993, ok: 2 ** 53 - 1 }, b: [1.5, 1e21] }];
  expect([...changedIntegers(value)]).toEqual(['[0].a.user_id', '[0].b[1]']);
  expect([...changedIntegers([new JsonNumber('9007199254740993'), 9007199254740993n])]).toEqual([]);
});
