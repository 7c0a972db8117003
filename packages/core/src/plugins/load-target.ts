import { LoadwrightError } from '../errors.js';
import type { TargetFactory } from '../target/contract.js';
import { loadPlugin, type PluginKind } from './load-plugin.js';
import { validateTargetFactory } from './validate-target.js';

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

const targets: PluginKind = {
  noun: 'target',
  prefix: 'loadwright-target-',
  codes: { notFound: 'TARGET_NOT_FOUND', invalid: 'TARGET_INVALID' },
};

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

  const { url, exported } = await loadPlugin(reference, from, Object.keys(builtIn), targets);
  const factory = validateTargetFactory(exported, reference);
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
