/** What Python writes for numbers that JSON does not have, and texts, in which the same words mean nothing. */
const pythonNumber = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** What there is to say about an answer that should be a prediction. */
export interface Prediction {
  readonly problem?: string;
  /** It is one, but not all clients can read it. */
  readonly note?: string;
}

/**
 * Looks for the form that every model and feature endpoint answers in.
 *
 * @param isCut The text is only the beginning of the answer.
 */
export function readPrediction(text: string, isCut: boolean): Prediction {
  if (isCut) {
    return /^\s*\{.*"(?:predictions|outputs|choices)"\s*:/s.test(text) ? {} : { problem: neither };
  }
  let note: string | undefined;
  let answer = parse(text);
  if (answer === undefined) {
    answer = parse(text.replace(pythonNumber, (found) => (found.startsWith('"') ? found : 'null')));
    if (answer === undefined) return { problem: 'the answer is not JSON' };
    note = 'The answer holds NaN or Infinity, which is not JSON: a strict client cannot read it.';
  }
  const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
  if (!isObject || !forms.some((form) => form in answer)) return { problem: neither };
  return note === undefined ? {} : { note };
}

/** Of models, of features, and of chats. */
const forms = ['predictions', 'outputs', 'choices'];

const neither = 'the answer has neither predictions nor outputs';

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
