import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.js';

describe('resolveOptions', () => {
  it("takes this process's own environment as it is", () => {
    expect(resolveOptions({ environment: process.env }).environment['PATH']).toBe(process.env['PATH']);
  });

  it('prefers an option to its variable', () => {
    const environment = { LOADWRIGHT_LOCUST: '/by/variable', LOADWRIGHT_CACHE_DIR: '/cache' };
    expect(resolveOptions({ environment }).locust).toEqual({
      value: '/by/variable',
      source: 'variable LOADWRIGHT_LOCUST',
    });
    const settings = resolveOptions({ environment, locust: '/by/option', cacheDirectory: '/other' });
    expect(settings.locust).toEqual({ value: '/by/option', source: 'option locust' });
    expect(settings.cacheDirectory).toBe('/other');
  });

  it('names every wrong option', () => {
    const wrong = { webPort: 70000, startTimeout: 'soon' };
    expect(() => resolveOptions(wrong)).toThrow(/fleet\.webPort.*\n.*fleet\.startTimeout/);
  });
});
