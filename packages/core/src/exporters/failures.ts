import { isLoadwrightError, LoadwrightError, messageOf } from '../errors.js';
import { collectSecrets } from '../secrets/options.js';
import { createRedactor, withoutCredentials } from '../secrets/redactor.js';
import { jsonSchemaOf } from '../values/json-schema.js';
import type { DeliveryError, ExporterDefinition } from './contract.js';

/** So much of what an exporter or its receiver said is shown, in characters. */
const shownCharacters = 300;

/** Removes secrets from a text. */
export type Redact = (text: string) => string;

/** What an exporter threw, as a part of one line. Secrets go before it is cut: a half of one is none that is known. */
export function describeFailure(error: unknown, redact: Redact): string {
  const text = redact(messageOf(error)).replaceAll(/\s+/g, ' ').trim();
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

/** What an exporter threw where nobody could catch it, as a sentence. */
export const describeStray = (title: string, error: unknown, redact: Redact): string =>
  `${title}: an error that the exporter does not handle: ${describeFailure(error, redact)}`;

/** True for a {@link DeliveryError}, also one of another copy of the class: a plugin may have one. */
export const isDeliveryError = (error: unknown): error is DeliveryError =>
  error instanceof Error && error.name === 'DeliveryError';

/**
 * Calls what an exporter's author wrote. What it throws is a mistake of the exporter.
 *
 * @param title Names the exporter in messages.
 * @throws LoadwrightError `EXPORTER_INVALID`, or what was thrown where it is one already
 */
export function callExporter<Result>(title: string, call: () => Result, redact: Redact): Result {
  try {
    return call();
  } catch (error) {
    if (isLoadwrightError(error)) throw error;
    throw new LoadwrightError('EXPORTER_INVALID', `${title} failed: ${describeFailure(error, redact)}`, {
      hint: 'The mistake is in the exporter, not in your configuration: upgrade it, or tell its author.',
      cause: withoutSecrets(error, redact),
    });
  }
}

/** Removes what the schema of an exporter marks as a secret, and what looks like one, from a text. */
export function redactorOfOptions(
  { options: schema }: Pick<ExporterDefinition, 'options'>,
  options: unknown,
): Redact {
  const redact = createRedactor(collectSecrets(jsonSchemaOf(schema), options));
  return (text) => withoutCredentials(redact(text));
}

/** For whoever looks for the place in the exporter: LOADWRIGHT_DEBUG shows causes. */
function withoutSecrets(error: unknown, redact: Redact): Error {
  const copy = new Error(redact(messageOf(error)));
  if (error instanceof Error && error.stack !== undefined) copy.stack = redact(error.stack);
  return copy;
}
