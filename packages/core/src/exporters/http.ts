import { z } from 'zod';
import { messageOf } from '../errors.js';
import { isSecretName } from '../secrets/names.js';
import { DeliveryError, type ExporterContext } from './contract.js';

/** Name of an environment variable that holds a secret. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable: MY_VARIABLE')
  // So that no field's name makes a secret of it.
  .meta({ format: 'environment-variable' });

const headerValue = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII');
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Where a receiver is. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:9090/' });

/** Options that every receiver over HTTP has. */
export const httpOptions = {
  headers: z
    .record(z.string().regex(headerName, 'must be the name of an HTTP header'), headerValue)
    .superRefine((headers, context) => {
      for (const name of Object.keys(headers).filter(isSecretName)) {
        const message = `its value is a secret, which belongs in no file. Put it into a variable: secretHeaders: { "${name}": "MY_VARIABLE" }`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    })
    .default({})
    .describe('headers that hold no secret'),
  secretHeaders: z
    .record(
      z.string().regex(headerName, 'must be the name of an HTTP header'),
      z.union([
        variableName,
        z.strictObject({
          variable: variableName.describe('the variable that holds the secret'),
          prefix: headerValue.describe('what comes before the secret, with its blank: "Bearer "'),
        }),
      ]),
    )
    .default({})
    .describe(
      'headers with a secret, each with the variable that holds it: { "X-Scope-Key": "MY_KEY" }, or { variable, prefix }',
    ),
  username: z
    .string()
    .min(1)
    .optional()
    .describe('user of basic authentication, whose password is in passwordVariable'),
  passwordVariable: variableName.optional().describe('the variable with the password of username'),
};

type HttpOptions = z.output<z.ZodObject<typeof httpOptions>>;

/** The variables that {@link httpOptions} name. */
export function variablesOf({ secretHeaders, passwordVariable }: HttpOptions) {
  const named = Object.values(secretHeaders).map((header) =>
    typeof header === 'string' ? header : header.variable,
  );
  return [...named, ...(passwordVariable === undefined ? [] : [passwordVariable])].map((name) => ({
    name,
    required: true,
  }));
}

/** The headers that {@link httpOptions} ask for, secrets included. */
export function headersOf(
  { headers, secretHeaders, username, passwordVariable }: HttpOptions,
  { secrets }: Pick<ExporterContext, 'secrets'>,
): Record<string, string> {
  const login = `${username}:${passwordVariable === undefined ? '' : (secrets[passwordVariable] ?? '')}`;
  return {
    ...headers,
    ...(username !== undefined && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    ...Object.fromEntries(
      Object.entries(secretHeaders).map(([name, header]) => {
        const { variable, prefix } = typeof header === 'string' ? { variable: header, prefix: '' } : header;
        return [name, prefix + (secrets[variable] ?? '')];
      }),
    ),
  };
}

/**
 * Posts a body. A receiver that says 429 or 5xx, or that does not answer, may take it later.
 *
 * @throws DeliveryError
 */
export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  let text: string;
  try {
    // A login must not follow to another place.
    response = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'manual' });
    text = await response.text();
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    const why = signal.aborted ? 'no answer in time' : messageOf(cause ?? error) || String(cause);
    throw new DeliveryError(`${why}.`, { isRetryable: true });
  }
  if (response.ok) return;
  const { status } = response;
  const said = text.trim();
  throw new DeliveryError(`HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
    isRetryable: status === 429 || status >= 500,
  });
}
