import { LoadwrightError } from '@loadwright/core';
import { builtInTargets } from '../config/built-in-targets.js';

/** The forms of a target's name that its files need. */
export interface TargetNames {
  /** `my-service` */
  readonly kind: string;
  /** `my_service` */
  readonly module: string;
  /** `MyService` */
  readonly Kind: string;
  /** `MY_SERVICE` */
  readonly KIND: string;
}

const prefix = 'loadwright-target-';
const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** npm takes no name of more than 214 characters; this one is also read by people. */
const longestName = 60;

/** @throws LoadwrightError `USAGE` for a name that no target may have. */
export function targetNames(name: string): TargetNames {
  const kind = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (!pattern.test(kind) || kind.length > longestName) {
    const better = suggestion(kind);
    throw new LoadwrightError('USAGE', `create-target: "${name}" cannot be the name of a target`, {
      hint:
        `a name has lower-case letters, digits and hyphens, begins with a letter, and has at most ${longestName} characters` +
        (better ? `: loadwright create-target ${better}` : ''),
    });
  }
  if (Object.hasOwn(builtInTargets, kind)) {
    throw new LoadwrightError('USAGE', `create-target: there is a target "${kind}" already`, {
      hint: `it comes with Loadwright: loadwright targets show ${kind}. Take another name: loadwright create-target my-${kind}`,
    });
  }
  const parts = kind.split('-');
  return {
    kind,
    module: parts.join('_'),
    Kind: parts.map((part) => part[0]!.toUpperCase() + part.slice(1)).join(''),
    KIND: parts.join('_').toUpperCase(),
  };
}

function suggestion(name: string): string | undefined {
  const better = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+|-+$/g, '')
    .slice(0, longestName)
    .replace(/-+$/, '');
  return pattern.test(better) ? better : undefined;
}
