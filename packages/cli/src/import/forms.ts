import { isSecretName } from '@loadwright/core/target';
import { LoadwrightError } from '@loadwright/core';
import type { FormPart, ImportedRoute } from './requests.js';
import type { SecretKeeper } from './secrets.js';

/**
 * The options that send a form: texts as fields, and its one file as the payload.
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
  if (needed.length > 1) throw unsendable(`${needed.length} files`, 'one file');
  const upload = needed[0] ?? files[0];
  for (const { name } of files.filter((other) => other !== upload)) {
    secrets.notes.add(
      `${route}: the optional file ${name} of the form is left out: multipart sends one file`,
    );
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
    if (name in fields) throw unsendable(`the field ${name} twice`, 'each field once');
    if (type !== undefined) secrets.notes.add(`${route}: the field ${name} is sent without its type ${type}`);
    fields[name] = value;
  }
  const hasFields = Object.keys(fields).length > 0;
  if (upload === undefined) return { multipart: { fields } };
  const { file = '', filename, name, type } = upload;
  secrets.notes.add(
    `${route}: the file ${relative(file)} is sent as it is: it must be there when the load is made`,
  );
  return {
    multipart: {
      ...(name !== 'file' && { file: name }),
      ...(filename !== undefined && { filename }),
      ...(hasFields && { fields }),
    },
    payloads: { file: relative(file), format: 'binary', ...(type !== undefined && { contentType: type }) },
  };
}

/** A path as a configuration names it. */
export function relative(file: string): string {
  return /^(?:\.{0,2}\/|[A-Za-z]:)/.test(file) ? file : `./${file}`;
}

function unsendable(found: string, allowed: string): LoadwrightError {
  return new LoadwrightError('USAGE', `its form has ${found}: multipart of rest sends ${allowed}`);
}
