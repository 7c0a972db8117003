import { isSecretName } from '@loadwright/core/target';
import { z } from 'zod';
import { choicesOf, extractedOf, textTemplateSchema } from './template.js';

/** Text that a header can carry. */
export const headerText = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII');

/** How the name of a header looks. */
export const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers that follow from other options. */
const ownHeaders: Readonly<Record<string, string>> = {
  'content-type': 'use the option contentType',
  'content-length': 'it follows from the body',
  'transfer-encoding': 'bodies are sent with their length',
  host: 'it follows from baseUrl',
};

function nameProblem(name: string, isSecret: boolean): string | undefined {
  if (!headerName.test(name)) return 'is not the name of an HTTP header';
  const reason =
    ownHeaders[name.toLowerCase()] ??
    (!isSecret && (isSecretName(name) || name.toLowerCase() === 'authorization')
      ? `its value is a secret, which belongs in no file. Put it into a variable: secretHeaders: { "${name}": "MY_VARIABLE" }`
      : undefined);
  return reason && `cannot be set here: ${reason}`;
}

function withNamesChecked<Schema extends z.ZodType<Record<string, unknown>>>(
  schema: Schema,
  isSecret: boolean,
) {
  return schema.superRefine((headers, context) => {
    const known = new Map<string, string>();
    for (const [name, value] of Object.entries(headers)) {
      const twin = known.get(name.toLowerCase());
      known.set(name.toLowerCase(), name);
      if (twin !== undefined) {
        const message = `is the same header as "${twin}": its name has no upper and lower case`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
      // What an answer gave is in no file.
      const message = nameProblem(name, isSecret || extractedOf(value) !== undefined);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
    }
  });
}

const headerValue = textTemplateSchema.superRefine((value, context) => {
  const prefix = extractedOf(value)?.prefix;
  const fixed: [unknown, PropertyKey[]][] = choicesOf(value).map((one, index) => [one, ['$choice', index]]);
  for (const [text, path] of [[prefix === undefined ? value : `${prefix}.`, []] as const, ...fixed]) {
    if (typeof text !== 'string' || (headerText.safeParse(text).success && text.trim() === text)) continue;
    const message = 'must be printable ASCII, without blanks at its ends';
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

/** Headers that hold no secret. */
export const headersSchema = withNamesChecked(z.record(z.string(), headerValue), false);

const variableName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of a variable, in capitals: MY_VARIABLE')
  // So that a header's name does not make a secret of it.
  .meta({ format: 'environment-variable' });

/** Headers with a secret, each with the variable that holds it. */
export const secretHeadersSchema = withNamesChecked(
  z.record(
    z.string(),
    z.union([
      variableName,
      z.strictObject({
        variable: variableName.describe('the variable that holds the secret'),
        prefix: headerText.describe('what comes before the secret, with its blank: "Token "'),
      }),
    ]),
  ),
  true,
);

/** A secret that every request carries. */
export const secretText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .meta({ writeOnly: true });

/** How the secret of a header is found and written. */
export interface SecretHeader {
  readonly variable: string;
  readonly prefix: string;
}

/** Every header with a secret, the short form written in full. */
export function secretHeadersOf(
  headers: z.output<typeof secretHeadersSchema>,
): Readonly<Record<string, SecretHeader>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, given]) => [
      name,
      typeof given === 'string' ? { variable: given, prefix: '' } : given,
    ]),
  );
}
