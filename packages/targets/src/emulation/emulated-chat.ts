import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { durationSchema, parseDuration, type JsonObject } from '@loadwright/core/target';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';
import { z } from 'zod';

export const chatOptionsSchema = z.strictObject({
  tokens: z.int().min(1).max(100_000).default(16).describe('tokens of an answer'),
  tokensPerChunk: z.int().min(1).default(1).describe('tokens in an event of a stream'),
  firstToken: durationSchema()
    .default('50ms')
    .describe('time from the request to the first token of a stream'),
  gap: durationSchema().default('10ms').describe('time between two events of a stream'),
  usage: z.boolean().default(true).describe('whether answers say how many tokens there were'),
});

type ChatOptions = z.output<typeof chatOptionsSchema>;

/** What was sent of one stream, and when: the times are taken when the write had returned. */
export interface EmulatedStream {
  readonly outputTokens: number;
  /** The first event, which is no token in a chat. From when the head of the request was there, in milliseconds. */
  readonly firstByte: number;
  /** From when the head of the request was there, in milliseconds. */
  readonly firstToken: number;
  /** Between the events with tokens, in milliseconds. */
  readonly gaps: readonly number[];
  /** The whole answer. */
  readonly duration: number;
}

type Task = 'chat' | 'completions' | 'embeddings';

/** A language model that says `token` again and again, in the form of OpenAI's API, as Databricks' own models answer. */
export class EmulatedChat {
  readonly streams: EmulatedStream[] = [];
  readonly #options: ChatOptions;
  readonly #model: string;

  constructor(options: ChatOptions, model: string) {
    this.#options = options;
    this.#model = model;
  }

  /** The task that a body is for, or undefined for one that a model of another kind gets. */
  taskOf(text: string): Task | undefined {
    const body = parse(text);
    if (Array.isArray(body?.['messages'])) return 'chat';
    if (body?.['prompt'] !== undefined) return 'completions';
    return body?.['input'] === undefined ? undefined : 'embeddings';
  }

  answer(task: Task, request: EmulatedRequest): EmulatedResponse {
    const body = parse(request.body.toString('utf8'))!;
    const inputTokens = JSON.stringify(body['messages'] ?? body['prompt'] ?? body['input']).split(
      /\W+/,
    ).length;
    const headers = { 'served-model-name': this.#model };
    if (task === 'embeddings') {
      const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
      const data = [{ object: 'embedding', index: 0, embedding: [0.25, -0.5, 0.125] }];
      return {
        status: 200,
        headers,
        body: { object: 'list', model: this.#model, data, ...this.#usage(usage) },
      };
    }
    const { tokens } = this.#options;
    const usage = {
      prompt_tokens: inputTokens,
      completion_tokens: tokens,
      total_tokens: inputTokens + tokens,
    };
    if (body['stream'] === true) {
      const type = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
      return {
        status: 200,
        headers: { ...headers, ...type },
        chunks: this.#stream(task, usage, request.receivedAt),
      };
    }
    const text = 'token '.repeat(tokens);
    const choice =
      task === 'chat' ? { message: { role: 'assistant', content: text } } : { text, logprobs: null };
    const object = task === 'chat' ? 'chat.completion' : 'text_completion';
    return {
      status: 200,
      headers,
      body: {
        ...this.#head(object),
        choices: [{ index: 0, ...choice, finish_reason: 'stop' }],
        ...this.#usage(usage),
      },
    };
  }

  async *#stream(task: Task, usage: JsonObject, receivedAt: number): AsyncGenerator<string> {
    const { tokens, tokensPerChunk } = this.#options;
    const head = this.#head(task === 'chat' ? 'chat.completion.chunk' : 'text_completion');
    const event = (choice: JsonObject) =>
      `data: ${JSON.stringify({ ...head, choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`;
    const wait = async (until: number) => delay(Math.max(0, until - performance.now()));
    let due = receivedAt + parseDuration(this.#options.firstToken)! * 1000;
    // A role is no token, nor is a comment.
    if (task === 'chat') yield `: emulated\n\n${event({ delta: { role: 'assistant', content: '' } })}`;
    const begun = performance.now();
    const times: number[] = [];
    for (let sent = 0; sent < tokens; sent += tokensPerChunk) {
      await wait(due);
      const text = 'token '.repeat(Math.min(tokensPerChunk, tokens - sent));
      yield event(task === 'chat' ? { delta: { content: text } } : { text });
      times.push(performance.now());
      due = performance.now() + parseDuration(this.#options.gap)! * 1000;
    }
    yield event(task === 'chat' ? { delta: {}, finish_reason: 'stop' } : { text: '', finish_reason: 'stop' });
    if (this.#options.usage) yield `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`;
    yield 'data: [DONE]\n\n';
    this.streams.push({
      outputTokens: tokens,
      firstByte: (task === 'chat' ? begun : times[0]!) - receivedAt,
      firstToken: times[0]! - receivedAt,
      gaps: times.slice(1).map((time, index) => time - times[index]!),
      duration: performance.now() - receivedAt,
    });
  }

  #head(object: string): JsonObject {
    return {
      id: `chatcmpl-${randomUUID()}`,
      object,
      created: Math.floor(Date.now() / 1000),
      model: this.#model,
    };
  }

  #usage(usage: JsonObject): JsonObject {
    return this.#options.usage ? { usage } : {};
  }
}

function parse(text: string): JsonObject | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
