import { isSecretName } from '@loadwright/core/target';
import { LoadwrightError } from '@loadwright/core';
import type { FormPart, ImportedRoute } from './requests.js';
import type { SecretKeeper } from './secrets.js';

/**
 * The options that send a form: texts as fields, its first file as the payload, and the others beside it.
 *
 * @throws LoadwrightError `USAGE` for what `multipart` cannot send.
 */
export function formOptions(
  route: string,
  parts: readonly FormPart[],
  secrets: SecretKeeper,
): Pick<ImportedRoute, 'multipart' | 'payloads'> {
  const files = parts.filter(({ file }) => file !== undefined);
  const needed = files.filter(({ isOptional }) => !isOptional);
  const sent = needed.length > 0 ? needed : files.slice(0, 1);
  for (const { name } of files.filter((other) => !sent.includes(other))) {
    secrets.notes.add(`${route}: the optional file ${name} of the form is left out`);
  }
  const fields: Record<string, string> = {};
  for (const { file, name, type, value = '' } of parts) {
    if (file !== undefined) continue;
    if (isSecretName(name)) {
      secrets.notes.add(
        `${route}: the secret ${name} of the form is left out: rest sends secrets in headers alone`,
      );
      continue;
    }
    if (name in fields) throw twice(name);
    if (type !== undefined) secrets.notes.add(`${route}: the field ${name} is sent without its type ${type}`);
    fields[name] = value;
  }
  const hasFields = Object.keys(fields).length > 0;
  const [upload, ...others] = sent;
  if (upload === undefined) return { multipart: { fields } };
  for (const { file = '' } of sent) {
    secrets.notes.add(
      `${route}: the file ${relative(file)} is sent as it is: it must be there when the load is made`,
    );
  }
  return {
    multipart: {
      ...(upload.name !== 'file' && { file: upload.name }),
      ...nameOf(upload),
      ...(hasFields && { fields }),
      ...(others.length > 0 && {
        files: others.map((other) => ({
          name: other.name,
          ...nameOf(other),
          payloads: sourceOf(other),
        })),
      }),
    },
    payloads: sourceOf(upload),
  };
}

const nameOf = ({ filename }: FormPart) => (filename === undefined ? {} : { filename });

function sourceOf({ file = '', type }: FormPart) {
  return { file: relative(file), format: 'binary', ...(type !== undefined && { contentType: type }) };
}

/** A path as a configuration names it. */
export function relative(file: string): string {
  return /^(?:\.{0,2}\/|[A-Za-z]:)/.test(file) ? file : `./${file}`;
}

function twice(name: string): LoadwrightError {
  return new LoadwrightError(
    'USAGE',
    `its form has the field ${name} twice: multipart of rest sends each field once`,
  );
}
