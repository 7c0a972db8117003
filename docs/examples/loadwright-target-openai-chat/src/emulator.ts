import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmulatorDefinition } from '@loadwright/core/target';
import { capacityOptionsSchema, startLoopbackEndpoint, type CapacityOptions } from '@loadwright/core/testing';

const words = ['Hello', ' to', ' you'];

/** A language model `small` that says three words, one every 5 ms. */
export const chatEmulator: EmulatorDefinition<unknown, CapacityOptions> = {
  options: capacityOptionsSchema,
  async start(capacity) {
    const key = randomBytes(12).toString('hex');
    const endpoint = await startLoopbackEndpoint({
      capacity,
      check({ body, headers, path }) {
        if (headers['authorization'] !== `Bearer ${key}`) return refused(401, 'wrong key');
        if (path !== '/v1/chat/completions') return refused(404, 'no such route');
        const { messages, model } = JSON.parse(body.toString('utf8')) as {
          messages?: unknown;
          model?: string;
        };
        if (model !== 'small') return refused(404, `no model ${model}`);
        return Array.isArray(messages) ? undefined : refused(400, 'messages are missing');
      },
      answer({ body }) {
        const usage = { prompt_tokens: 5, completion_tokens: words.length };
        const { stream } = JSON.parse(body.toString('utf8')) as { stream?: boolean };
        if (stream) {
          return { status: 200, headers: { 'content-type': 'text/event-stream' }, chunks: events(usage) };
        }
        const message = { role: 'assistant', content: words.join('') };
        return { status: 200, body: { choices: [{ message, finish_reason: 'stop' }], usage } };
      },
      throttled: () => refused(429, 'too many requests'),
    });
    return {
      url: endpoint.url,
      targetOptions: { url: `${endpoint.url}/v1`, model: 'small' },
      environment: { CHAT_API_KEY: key },
      statistics: endpoint.statistics,
      stop: endpoint.stop,
    };
  },
};

async function* events(usage: object): AsyncGenerator<string> {
  yield event({ choices: [{ delta: { role: 'assistant', content: '' } }] });
  for (const content of words) {
    await delay(5);
    yield event({ choices: [{ delta: { content } }] });
  }
  yield event({ choices: [{ delta: {}, finish_reason: 'stop' }] });
  yield event({ choices: [], usage });
  yield 'data: [DONE]\n\n';
}

const event = (document: object) => `data: ${JSON.stringify(document)}\n\n`;
const refused = (status: number, message: string) => ({ status, body: { error: { message } } });
