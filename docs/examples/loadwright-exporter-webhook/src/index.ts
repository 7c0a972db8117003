import { defineExporter, DeliveryError } from '@loadwright/core/exporters';
import { z } from 'zod';

/** What a user may write beside `kind: webhook`; every description shows up in messages. */
const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('where the documents are posted'),
  tokenVariable: z
    .string()
    .regex(/^\w+$/)
    .default('WEBHOOK_TOKEN')
    // The name of a variable, not the secret itself: it may be written and shown.
    .meta({ format: 'environment-variable' })
    .describe('the variable that holds the bearer token'),
});

/** Posts one JSON document for each interval of a run, and one at its end. */
export default defineExporter({
  specificationVersion: 1,
  kind: 'webhook',
  summary: 'JSON documents, posted to a URL',
  options,
  everySeconds: () => 1,
  variables: ({ tokenVariable }) => [{ name: tokenVariable, required: true }],
  open({ url, tokenVariable }, { run, secrets }) {
    const post = async (document: object, signal: AbortSignal) => {
      let response: Response;
      try {
        response = await fetch(url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secrets[tokenVariable]}` },
          body: JSON.stringify({ run: run.runId, ...document }),
          redirect: 'manual',
          signal,
        });
      } catch (error) {
        // Nobody answered: the same document may be taken later.
        throw new DeliveryError(`${url} does not answer: ${error}`, { isRetryable: true });
      }
      const { ok, status } = response;
      const said = await response.text();
      if (ok) return;
      throw new DeliveryError(`HTTP ${status}: ${said}`, { isRetryable: status === 429 || status >= 500 });
    };
    return {
      // `from` and `to` tell a document from another: one that comes twice must count once.
      write: ({ from, to, rows, state }, signal) =>
        post(
          {
            ...{ from, to, users: state?.users },
            requests: rows
              .filter(({ name }) => name !== '')
              .map(({ method, name, sent, succeeded, failed }) => ({
                ...{ method, name, sent, succeeded, failed },
              })),
          },
          signal,
        ),
      async close(end, signal) {
        if (end) await post({ at: end.time, verdict: end.verdict }, signal);
      },
    };
  },
});
