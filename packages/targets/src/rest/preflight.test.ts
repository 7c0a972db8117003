import { describe, expect, it } from 'vitest';
import { answered, answering, unanswered, type FixedAnswer } from '../../test/answered.js';
import { rest, type RestInput } from './index.js';
import { restOptionsSchema } from './options.js';

/** A preflight whose requests get fixed answers, one after the other. */
function preflight(answers: readonly FixedAnswer[], input: Partial<RestInput> = {}) {
  const options = restOptionsSchema.parse({ baseUrl: 'https://api.example/v1', ...input });
  const request = answering(...answers.map(answered));
  return rest.definition.preflight!(options, { request } as Parameters<
    NonNullable<typeof rest.definition.preflight>
  >[1]);
}

const routes = [
  { name: 'find', method: 'GET', path: '/find' },
  { name: 'order', path: '/orders', expect: { status: [201] } },
];

describe('the preflight of rest', () => {
  it('calls every route', async () => {
    const report = await preflight([{ status: 200 }, { status: 201 }], { routes });
    expect(report.summary).toBe(
      'find: GET https://api.example/v1/find answered 200; order: POST https://api.example/v1/orders answered 201',
    );
    expect(report.notes).toEqual([]);
  });

  it('says which route is refused', async () => {
    await expect(preflight([{ status: 200 }, { status: 200 }], { routes })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: 'POST https://api.example/v1/orders answered 200, but expect.status allows 201.',
    });
  });

  describe('of flows', () => {
    const steps = [
      { name: 'login', path: '/login', extract: { token: { json: '/token' } } },
      { name: 'look', method: 'GET', path: '/items', query: { token: { $extracted: 'token' } } },
    ];
    const flows = [{ name: 'buy', steps }];
    const preflightOf = async (name: string, answer: FixedAnswer, more: Partial<RestInput> = {}) => {
      const options = restOptionsSchema.parse({ baseUrl: 'https://api.example', flows, ...more });
      const asked: unknown[] = [];
      const { request: sent, ...rest_ } = answered(answer);
      const request = async (what: unknown) => {
        asked.push(what);
        return { ...rest_, request: { ...sent!, name } };
      };
      const report = await rest.definition.preflight!(options, { request } as never);
      return { asked, report };
    };

    it('asks for the last step, before which the others are sent', async () => {
      const { asked, report } = await preflightOf(
        'look',
        { status: 200 },
        { routes: [{ name: 'ping', path: '/ping' }] },
      );
      expect(asked).toEqual([{ name: 'ping' }, { name: 'look' }]);
      expect(report.summary).toBe(
        'ping: POST https://api.example/ping answered 200; buy (2 steps): GET https://api.example/items answered 200',
      );
    });

    it('says which step is refused', async () => {
      await expect(preflightOf('login', { status: 404 })).rejects.toMatchObject({
        message: 'POST https://api.example/login answered 404, but expect.status allows 200.',
        hint: expect.stringContaining('route (/login)'),
      });
    });

    it('says what was not found, and shows nothing of the answer', async () => {
      const failure = { kind: 'extract', reason: 'extract of token: no value at /token' };
      const error: unknown = await preflightOf('login', {
        status: 200,
        body: { access: 'canary' },
        failure,
      }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'PREFLIGHT_FAILED',
        message: 'POST https://api.example/login answered 200, but extract of token: no value at /token.',
        hint: expect.stringContaining('extract of the step login'),
      });
      expect(JSON.stringify(error)).not.toContain('canary');
    });
  });

  it.each<[number, string, RegExp]>([
    [401, 'CREDENTIALS_INVALID', /LOADWRIGHT_REST_BEARER_TOKEN.*secretHeaders/],
    [403, 'CREDENTIALS_INVALID', /secretHeaders/],
    [404, 'PREFLIGHT_FAILED', /route \(\/\)/],
    [405, 'PREFLIGHT_FAILED', /method \(POST\)/],
    [400, 'PREFLIGHT_FAILED', /body or payloads/],
    [422, 'PREFLIGHT_FAILED', /body or payloads/],
    [413, 'PREFLIGHT_FAILED', /smaller payloads/],
    [415, 'PREFLIGHT_FAILED', /contentType/],
    [429, 'PREFLIGHT_FAILED', /limit/],
    [500, 'PREFLIGHT_FAILED', /log of the service/],
    [503, 'PREFLIGHT_FAILED', /try again/],
    [418, 'PREFLIGHT_FAILED', /expect.status/],
  ])('explains %i without a word of AWS', async (status, code, hint) => {
    const error: unknown = await preflight([{ status, body: { detail: 'what it says' } }]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`answered ${status}.*: what it says$`)),
      hint: expect.stringMatching(hint),
      retryable: status === 429 || status >= 500,
    });
    expect(JSON.stringify(error)).not.toMatch(/AWS|Gateway|chalice|api-key/i);
  });

  it('explains that there is no answer', async () => {
    const options = restOptionsSchema.parse({ baseUrl: 'https://api.example' });
    const request = answering(unanswered('timeout', 'time-out after 30 s'));
    await expect(rest.definition.preflight!(options, { request } as never)).rejects.toMatchObject({
      message: expect.stringContaining('did not answer in time'),
      retryable: true,
    });
  });

  it('notes secrets that go over plain http to another machine', async () => {
    const elsewhere = { baseUrl: 'http://load-balancer.internal:8080', allowPlainHttp: true };
    const secretHeaders = { 'X-Token': { variable: 'MY_TOKEN', prefix: '' } };
    const notesOf = async (input: Partial<RestInput>) => (await preflight([{ status: 200 }], input)).notes;
    expect(await notesOf({ ...elsewhere, secretHeaders, bearerToken: 'canary' })).toEqual([
      'Secrets go over plain http to load-balancer.internal:8080 (Authorization, X-Token): whoever is on the way can read them.',
    ]);
    expect(await notesOf(elsewhere)).toEqual([]);
    expect(await notesOf({ baseUrl: 'http://127.0.0.1:8000', secretHeaders })).toEqual([]);
  });
});
