import { existsSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LoadwrightError, messageOf, type ErrorCode } from '../errors.js';
import { nearest } from '../values/nearest.js';

/** What can be added to Loadwright by a package. */
export interface PluginKind {
  readonly noun: 'target' | 'exporter';
  /** A plain name `x` is the package with this before it, or else the package `x`. */
  readonly prefix: string;
  readonly codes: { readonly notFound: ErrorCode; readonly invalid: ErrorCode };
}

const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** True for anything that means to be a plugin's factory, right or wrong. */
export function isFactoryLike(value: unknown): value is { definition: unknown } {
  return typeof value === 'function' && 'definition' in value;
}

/**
 * Imports what a reference names: a path (`./target.ts`, `/abs/target.mjs`, a `file:` URL), or a package of the user's
 * project.
 *
 * @param from The folder that packages and relative paths are looked up from, nowhere else.
 * @param builtIn Names that need no installation, for messages.
 * @returns the URL of the file, and its default export or the only one that means to be a plugin.
 * @throws LoadwrightError of the codes of its kind
 */
export async function loadPlugin(
  reference: string,
  from: string,
  builtIn: readonly string[],
  kind: PluginKind,
): Promise<{ url: string; exported: unknown }> {
  const url = isPath(reference)
    ? resolvePath(reference, from, kind)
    : await resolvePackage(reference, from, builtIn, kind);
  return { url, exported: pickFactory(await importModule(url, reference, from, kind), reference, kind) };
}

function isPath(reference: string): boolean {
  return /^\.{1,2}[\\/]|^file:/.test(reference) || isAbsolute(reference);
}

function resolvePath(reference: string, from: string, { noun, codes }: PluginKind): string {
  const path = reference.startsWith('file:') ? fileURLToPath(reference) : resolve(from, reference);
  if (existsSync(path)) return pathToFileURL(path).href;
  throw new LoadwrightError(codes.notFound, `There is no ${noun} at ${reference}`, {
    hint: `Looked for ${path}. Paths start from ${from} and name a file with its ending.`,
  });
}

async function resolvePackage(
  reference: string,
  from: string,
  builtIn: readonly string[],
  { noun, prefix, codes }: PluginKind,
): Promise<string> {
  const plain = !reference.startsWith('@') && !reference.includes('/');
  const candidates = plain && !reference.startsWith(prefix) ? [prefix + reference, reference] : [reference];
  // Resolves as `import` does from the user's project; Node's own resolvers know that only for the calling module.
  const { createJiti } = await import('jiti');
  const resolver = createJiti(resolve(from) + sep, { fsCache: false });
  for (const candidate of candidates) {
    try {
      const url = resolver.esmResolve(candidate);
      if (url.startsWith('file:')) return url;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND')
        throw notLoaded(candidate, error, { noun, codes });
    }
  }
  const meant = nearest(reference, builtIn);
  const install = candidates[0] ?? reference;
  throw new LoadwrightError(codes.notFound, `There is no ${noun} "${reference}"`, {
    hint: [
      meant && `Did you mean "${meant}"?`,
      packageName.test(install) &&
        `${meant ? 'If not, install' : 'Install'} it: npm install --save-dev ${install}`,
      `${noun === 'target' ? 'Targets' : 'Exporters'} that need no installation: ${builtIn.join(', ') || 'none'}. A path begins with "./".`,
    ]
      .filter((sentence) => sentence)
      .join('\n'),
  });
}

async function importModule(
  url: string,
  reference: string,
  from: string,
  kind: PluginKind,
): Promise<Record<string, unknown>> {
  try {
    if (!/\.[cm]?ts$/.test(url)) return (await import(url)) as Record<string, unknown>;
    const { createJiti } = await import('jiti');
    return await createJiti(resolve(from) + sep, { fsCache: false }).import(fileURLToPath(url));
  } catch (error) {
    throw notLoaded(reference, error, kind);
  }
}

function notLoaded(
  reference: string,
  cause: unknown,
  { noun, codes }: Pick<PluginKind, 'noun' | 'codes'>,
): LoadwrightError {
  const reason = messageOf(cause);
  return new LoadwrightError(codes.invalid, `${reference} cannot be loaded: ${reason.split('\n')[0]}`, {
    hint: `The mistake is in the ${noun}, not in your configuration: upgrade it, or tell its author.`,
    cause,
  });
}

/** The default export, or the only export that means to be a plugin. */
function pickFactory(
  module: Record<string, unknown>,
  reference: string,
  { noun, codes }: PluginKind,
): unknown {
  // A CommonJS module that was compiled from ESM has its default export one level down.
  const inner = (module.default as { default?: unknown } | null | undefined)?.default;
  const chosen = [module.default, inner].find(isFactoryLike);
  if (chosen) return chosen;
  const others = Object.entries(module).filter(([, value]) => isFactoryLike(value));
  if (others.length > 1) {
    const names = others.map(([name]) => name).join(', ');
    throw new LoadwrightError(
      codes.invalid,
      `${reference} exports several ${noun}s and no default: ${names}`,
      {
        hint: 'Export one of them as the default export.',
      },
    );
  }
  return others[0]?.[1] ?? module.default;
}
