import { existsSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LoadwrightError, messageOf } from '../errors.js';
import { nearest } from '../values/nearest.js';
import type { TargetFactory } from '../target/contract.js';
import { isFactoryLike, validateTargetFactory } from './validate-target.js';

export { assertTarget, validateTargetFactory } from './validate-target.js';

/** Targets that need no installation: how to import the factory of each, by its kind. */
export type BuiltInTargets = Readonly<Record<string, () => Promise<{ readonly default: unknown }>>>;

/** What {@link loadTarget} needs beyond the reference. */
export interface LoadTargetOptions {
  /** The folder of the user's project: packages and relative paths are looked up from here, nowhere else. */
  readonly from: string;
  readonly builtIn?: BuiltInTargets;
  /** The origin of each kind that was loaded so far; a second origin for the same kind is an error. */
  readonly loaded?: Map<string, string>;
}

const packagePrefix = 'loadwright-target-';
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Loads a target by its name: a built-in kind, a path (`./target.ts`, `/abs/target.mjs`, a `file:` URL), or a package
 * of the user's project. A plain name `x` is the package `loadwright-target-x`, or else the package `x`.
 *
 * @throws LoadwrightError `TARGET_NOT_FOUND` with the command that installs it, `TARGET_INVALID`,
 * `TARGET_VERSION_UNSUPPORTED`, `TARGET_KIND_DUPLICATE`
 */
export async function loadTarget(
  reference: string,
  { from, builtIn = {}, loaded = new Map() }: LoadTargetOptions,
): Promise<TargetFactory> {
  const importBuiltIn = Object.hasOwn(builtIn, reference) ? builtIn[reference] : undefined;
  if (importBuiltIn) return validateTargetFactory((await importBuiltIn()).default, reference);

  const url = isPath(reference)
    ? resolvePath(reference, from)
    : await resolvePackage(reference, from, builtIn);
  const factory = validateTargetFactory(
    pickFactory(await importModule(url, reference, from), reference),
    reference,
  );
  const { kind } = factory.definition;
  const other = Object.hasOwn(builtIn, kind) ? 'a target that comes with Loadwright' : loaded.get(kind);
  if (other !== undefined && other !== url) {
    throw new LoadwrightError(
      'TARGET_KIND_DUPLICATE',
      `${reference} calls itself "${kind}", as does ${other}`,
      {
        hint: 'A kind must be unique: use only one of the two, or ask the author to rename the kind.',
      },
    );
  }
  loaded.set(kind, url);
  return factory;
}

function isPath(reference: string): boolean {
  return /^\.{1,2}[\\/]|^file:/.test(reference) || isAbsolute(reference);
}

function resolvePath(reference: string, from: string): string {
  const path = reference.startsWith('file:') ? fileURLToPath(reference) : resolve(from, reference);
  if (existsSync(path)) return pathToFileURL(path).href;
  throw new LoadwrightError('TARGET_NOT_FOUND', `There is no target at ${reference}`, {
    hint: `Looked for ${path}. Paths start from ${from} and name a file with its ending.`,
  });
}

async function resolvePackage(reference: string, from: string, builtIn: BuiltInTargets): Promise<string> {
  const plain = !reference.startsWith('@') && !reference.includes('/');
  const candidates =
    plain && !reference.startsWith(packagePrefix) ? [packagePrefix + reference, reference] : [reference];
  // Resolves as `import` does from the user's project; Node's own resolvers know that only for the calling module.
  const { createJiti } = await import('jiti');
  const resolver = createJiti(resolve(from) + sep, { fsCache: false });
  for (const candidate of candidates) {
    try {
      const url = resolver.esmResolve(candidate);
      if (url.startsWith('file:')) return url;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw notLoaded(candidate, error);
    }
  }
  const meant = nearest(reference, Object.keys(builtIn));
  const install = candidates[0] ?? reference;
  throw new LoadwrightError('TARGET_NOT_FOUND', `There is no target "${reference}"`, {
    hint: [
      meant && `Did you mean "${meant}"?`,
      packageName.test(install) &&
        `${meant ? 'If not, install' : 'Install'} it: npm install --save-dev ${install}`,
      `Targets that need no installation: ${Object.keys(builtIn).join(', ') || 'none'}. A path begins with "./".`,
    ]
      .filter((sentence) => sentence)
      .join('\n'),
  });
}

async function importModule(url: string, reference: string, from: string): Promise<Record<string, unknown>> {
  try {
    if (!/\.[cm]?ts$/.test(url)) return (await import(url)) as Record<string, unknown>;
    const { createJiti } = await import('jiti');
    return await createJiti(resolve(from) + sep, { fsCache: false }).import(fileURLToPath(url));
  } catch (error) {
    throw notLoaded(reference, error);
  }
}

function notLoaded(reference: string, cause: unknown): LoadwrightError {
  const reason = messageOf(cause);
  return new LoadwrightError('TARGET_INVALID', `${reference} cannot be loaded: ${reason.split('\n')[0]}`, {
    hint: 'The mistake is in the target, not in your configuration: upgrade it, or tell its author.',
    cause,
  });
}

/** The default export, or the only export that means to be a target. */
function pickFactory(module: Record<string, unknown>, reference: string): unknown {
  // A CommonJS module that was compiled from ESM has its default export one level down.
  const inner = (module.default as { default?: unknown } | null | undefined)?.default;
  const chosen = [module.default, inner].find(isFactoryLike);
  if (chosen) return chosen;
  const others = Object.entries(module).filter(([, value]) => isFactoryLike(value));
  if (others.length > 1) {
    const names = others.map(([name]) => name).join(', ');
    throw new LoadwrightError(
      'TARGET_INVALID',
      `${reference} exports several targets and no default: ${names}`,
      {
        hint: 'Export one of them as the default export.',
      },
    );
  }
  return others[0]?.[1] ?? module.default;
}
