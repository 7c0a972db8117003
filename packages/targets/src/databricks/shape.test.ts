import { createLoadTest } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { bodyFormats } from './options.js';
import { databricks } from './index.js';
import { payloadHint, shapeHint } from './shape.js';

const row = { rooms: 3, area: 71.5 };

describe('the shape of a payload', () => {
  it.each<[object, RegExp | undefined]>([
    [{ columns: ['a'], data: [[1]] }, /write \{"dataframe_split"/],
    [{ messages: [] }, /chat API, set format: raw/],
    [{ prompt: 'a', max_tokens: 5 }, /completions API/],
    [{ input: 'a' }, /embeddings or the responses API, set format: raw/],
    [{ input: ['a', 'b'], model: 'e', instruction: 'query' }, /embeddings/],
    [{ input: 'a', price: 2 }, undefined],
    [{ data: 1 }, undefined],
    [{ columns: 1, data: 1, price: 2 }, undefined],
    [[1, 2], undefined],
    // Whole bodies are sent as they are.
    [{ messages: [{ role: 'user', content: 'a' }] }, undefined],
    [{ inputs: { input: 'a' }, params: {} }, undefined],
  ])('%j', (payload, expected) => {
    for (const format of bodyFormats) {
      const hint = payloadHint({ format }, payload);
      if (expected === undefined) expect(hint).toBeUndefined();
      else expect(hint).toMatch(expected);
    }
    expect(payloadHint({ format: 'raw' }, payload)).toBeUndefined();
  });

  it('is looked at in each row of a frame, where a list is one instance', () => {
    const rows = [row, { prompt: 'a' }];
    expect(payloadHint({ format: 'dataframe_records' }, rows)).toMatch(/completions/);
    expect(payloadHint({ format: 'dataframe_split' }, rows)).toMatch(/completions/);
    expect(payloadHint({ format: 'instances' }, rows)).toBeUndefined();
  });

  it.each<[string, unknown, RegExp | undefined]>([
    ['dataframe_records', [{ input: 'a' }], /embeddings/],
    ['instances', [{ prompt: 'a' }], /completions API/],
    ['inputs', { messages: [] }, /chat API/],
    ['dataframe_split', { columns: ['columns', 'data', 'index'], data: [[[], [], []]] }, /data frame/],
    ['instances', [[1, 2]], undefined],
  ])('is seen in a body that was refused: %s %j', (format, inner, expected) => {
    const hint = shapeHint(format, JSON.stringify({ [format]: inner }));
    if (expected === undefined) expect(hint).toBeUndefined();
    else expect(hint).toMatch(expected);
  });

  it('is left alone where the body was cut, or is no JSON', () => {
    expect(shapeHint('instances', '{"instances": [{"messages"')).toBeUndefined();
    expect(shapeHint('instances', undefined)).toBeUndefined();
  });

  it('is a note of the bundle, whichever payload has it', async () => {
    const test = createLoadTest({
      target: databricks({
        baseUrl: 'http://127.0.0.1:9',
        endpointName: 'fraud',
        payloads: [{ source: { inline: [row, row, { input: 'a text' }] } }],
        token: 'made-up',
      }),
      load: { users: 1, duration: '1s' },
    });
    const { notes } = await test.bundle();
    expect(notes).toContainEqual(
      expect.stringMatching(/^inline: 1 of 3 payloads, first payload 3: The payload holds "input"/),
    );
  });
});
