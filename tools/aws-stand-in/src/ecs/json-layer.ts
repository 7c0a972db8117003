import { errorAnswer, jsonAnswer, throttled } from '../answers.js';
import type { Call, Layer } from '../calls.js';
import { Refusal } from './errors.js';

type Input = Readonly<Record<string, unknown>>;

/** What answers a call; undefined is one call too many. */
export type JsonAction = (call: Call, input: Input) => object | undefined | Promise<object | undefined>;

/**
 * Answers all calls of a service that speaks JSON.
 *
 * @param find what answers an action; undefined: the stand-in has it not
 */
export function jsonLayer(service: string, find: (action: string) => JsonAction | undefined): Layer {
  return async (call, next) => {
    if (call.service !== service) return next(call);
    const action = call.name.slice(service.length + 1);
    const answer = find(action);
    if (!answer) return errorAnswer(call, 'UnknownOperationException', `not in the stand-in: ${call.name}`);
    try {
      const result = await answer(call, call.parameters);
      return result ? jsonAnswer(result) : throttled(call);
    } catch (error) {
      if (error instanceof Refusal) return errorAnswer(call, error.code, error.message, error.status);
      throw error;
    }
  };
}
