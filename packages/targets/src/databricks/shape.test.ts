import { runPreflight } from '@loadwright/core/testing';
import { describe, expect, it } from 'vitest';
import { databricksEmulator } from './emulator.js';
import { databricks } from './index.js';
import { databricksOptionsSchema } from './options.js';
import { shapeHint } from './shape.js';

describe('the shape of a payload', () => {
  it.each<[string, unknown, RegExp | undefined]>([
    ['dataframe_records', [{ columns: ['a'], data: [[1]] }], /write \{"dataframe_split"/],
    ['dataframe_records', [{ messages: [] }], /chat API, set format: raw/],
    ['instances', [{ prompt: 'a' }], /completions API/],
    ['inputs', { messages: [] }, /chat API/],
    ['dataframe_split', { columns: ['columns', 'data', 'index'], data: [[[], [], []]] }, /data frame/],
    ['dataframe_records', [{ data: 1 }], undefined],
    ['dataframe_records', [{ columns: 1, data: 1, price: 2 }], undefined],
    ['instances', [[1, 2]], undefined],
  ])('of %s %j', (format, inner, expected) => {
    const hint = shapeHint(format, JSON.stringify({ [format]: inner }));
    if (expected === undefined) expect(hint).toBeUndefined();
    else expect(hint).toMatch(expected);
  });

  it('is left alone where the body was cut, or is no JSON', () => {
    expect(shapeHint('instances', '{"instances": [{"messages"')).toBeUndefined();
    expect(shapeHint('instances', undefined)).toBeUndefined();
  });

  it('is a note of the preflight', async () => {
    const emulator = await databricksEmulator.start(
      (databricksEmulator.options['~standard'].validate({}) as { value: never }).value,
    );
    const options = databricksOptionsSchema.parse({
      ...emulator.targetOptions,
      payloads: { inline: [{ columns: ['a'], data: [[1]] }] },
    });
    const context = {
      environment: emulator.environment,
      baseDirectory: '.',
      signal: new AbortController().signal,
    };
    const report = await runPreflight(databricks.definition, options, context).finally(emulator.stop);
    expect(report.notes).toEqual([expect.stringContaining('dataframe_split')]);
  });
});
