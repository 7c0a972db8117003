import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LoadwrightError } from '../errors.js';
import type {
  EnvironmentVariable,
  ResolvedEnvironment,
  TargetContext,
  TargetDefinition,
} from './contract.js';
import type { TlsOptions } from './tls-options.js';

const keyVariable = 'LOADWRIGHT_TLS_CLIENT_KEY';
const passwordVariable = 'LOADWRIGHT_TLS_CLIENT_KEY_PASSWORD';

/** What `target.json` holds of {@link TlsOptions}: public certificates, in PEM. */
export interface Certificates {
  readonly ca?: string;
  readonly certificate?: string;
}

/**
 * Reads the files of certificates. Anything else in them, such as a private key, is left out.
 *
 * @throws LoadwrightError `CONFIG_INVALID`
 */
export async function readCertificates(
  { caFile, certFile }: TlsOptions,
  baseDirectory: string,
): Promise<Certificates> {
  const read = async (field: string, path: string) => {
    const text = await readText(field, path, baseDirectory);
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0 || !blocks.every(isCertificate)) {
      throw new LoadwrightError(
        'CONFIG_INVALID',
        `target.tls.${field}: ${path} holds no certificate in PEM.`,
        {
          hint: 'Name a file with -----BEGIN CERTIFICATE-----. openssl x509 -inform der turns other forms into it.',
        },
      );
    }
    return `${blocks.join('\n')}\n`;
  };
  return {
    ...(caFile !== undefined && { ca: await read('caFile', caFile) }),
    ...(certFile !== undefined && { certificate: await read('certFile', certFile) }),
  };
}

/**
 * Gives a target that has the option `tls` the variable of the private key, which is no part of a bundle: it goes the
 * way of all secrets, from its file or variable to the environment of the workers.
 */
export function withClientKey<Input, Options>(
  definition: TargetDefinition<Input, Options>,
): TargetDefinition<Input, Options> {
  const { tls } = definition;
  if (!tls) return definition;
  return {
    ...definition,
    environment: (options) => [...(definition.environment?.(options) ?? []), ...variablesOf(tls(options))],
    async resolveEnvironment(options, context) {
      const resolved = (await definition.resolveEnvironment?.(options, context)) ?? { variables: {} };
      return addKey(resolved, tls(options), context);
    },
  };
}

function variablesOf(tls: TlsOptions | undefined): EnvironmentVariable[] {
  if (tls?.certFile === undefined) return [];
  const variable = (name: string, required: boolean, description: string) => ({
    name,
    secret: true,
    required,
    description,
  });
  return [
    variable(keyVariable, true, 'private key of the client certificate: the text of its file in PEM'),
    variable(passwordVariable, false, 'password of that key, if it is encrypted'),
  ];
}

async function addKey(
  resolved: ResolvedEnvironment,
  tls: TlsOptions | undefined,
  { environment, baseDirectory }: TargetContext,
): Promise<ResolvedEnvironment> {
  if (tls?.certFile === undefined) return resolved;
  const certificate = new X509Certificate((await readCertificates(tls, baseDirectory)).certificate!);
  const text =
    tls.keyFile === undefined
      ? environment[keyVariable]?.replaceAll('\\n', '\n').trim()
      : await readText('keyFile', tls.keyFile, baseDirectory);
  const source = tls.keyFile ?? `the variable ${keyVariable}`;
  if (!text) {
    throw new LoadwrightError('CREDENTIALS_INVALID', 'There is no private key for the client certificate.', {
      hint: `Give the option tls.keyFile, or set ${keyVariable} to the text of the key's file in PEM.`,
    });
  }
  const key = readKey(text, environment[passwordVariable], source);
  if (!certificate.checkPrivateKey(key)) {
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      `The private key of ${source} does not belong to the certificate in ${tls.certFile}.`,
      { hint: 'Give the certificate and the key of one pair.' },
    );
  }
  return {
    variables: { ...resolved.variables, [keyVariable]: inOneLine(key) },
    expiresAt: earliest(resolved.expiresAt, new Date(certificate.validTo)),
  };
}

/** @throws LoadwrightError `CREDENTIALS_INVALID`, which never repeats anything of the key. */
function readKey(text: string, passphrase: string | undefined, source: string): KeyObject {
  try {
    return createPrivateKey({ key: text, ...(passphrase && { passphrase }) });
  } catch {
    const isEncrypted = text.includes('ENCRYPTED');
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      isEncrypted
        ? `The private key of ${source} is encrypted, and ${passwordVariable} is not its password.`
        : `${source[0]!.toUpperCase()}${source.slice(1)} holds no private key in PEM.`,
      {
        hint: isEncrypted
          ? `Set ${passwordVariable}.`
          : 'Name a file with -----BEGIN PRIVATE KEY-----, and no certificate.',
      },
    );
  }
}

/** Without a password, which the workers then need not know, and without line breaks, which not every fleet hands on. */
function inOneLine(key: KeyObject): string {
  const text = key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return text.trim().replaceAll('\n', '\\n');
}

async function readText(field: string, path: string, baseDirectory: string): Promise<string> {
  try {
    return await readFile(resolve(baseDirectory, path), 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new LoadwrightError('CONFIG_INVALID', `target.tls.${field}: the file ${path} ${reason}.`, {
      hint: `Paths start from ${baseDirectory}.`,
    });
  }
}

function isCertificate(block: string): boolean {
  try {
    new X509Certificate(block);
    return true;
  } catch {
    return false;
  }
}

function earliest(one: Date | undefined, other: Date): Date {
  return one === undefined || other < one ? other : one;
}
