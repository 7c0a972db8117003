import { LoadwrightError, messageOf } from '@loadwright/core';
import type { Imported, ImportedRoute } from './requests.js';
import { SecretKeeper } from './secrets.js';

/** What a route is made with, besides its own description. */
export interface RouteMaker {
  /** Not the name of another route. */
  readonly name: string;
  readonly secrets: SecretKeeper;
  /** Files of payloads to be written beside the configuration, by name. */
  readonly files: Record<string, string>;
}

/** Collects routes one by one: what cannot be imported is left out by itself, and named with its reason. */
export class Collector {
  readonly #kind: string;
  readonly #baseUrl: string;
  readonly #check: (imported: Imported) => void;
  readonly #routes: ImportedRoute[] = [];
  readonly #names = new Set<string>();
  readonly #notes: string[] = [];
  readonly #leftOut: string[] = [];
  #secrets = new SecretKeeper();
  #files: Record<string, string> = {};

  /** @param check throws for what the target does not take */
  constructor(kind: string, baseUrl: string, check: (imported: Imported) => void) {
    this.#kind = kind;
    this.#baseUrl = baseUrl;
    this.#check = check;
  }

  /** Adds one route, or leaves it out if making or checking it throws. */
  add(wanted: string, make: (maker: RouteMaker) => ImportedRoute): void {
    const name = uniqueName(wanted, this.#names);
    const secrets = this.#secrets.copy();
    const files = { ...this.#files };
    try {
      const route = make({ name, secrets, files });
      this.#check(this.#imported([route], secrets, files));
      this.#routes.push(route);
      this.#secrets = secrets;
      this.#files = files;
    } catch (error) {
      this.leaveOut(name, messageOf(error).split('\n')[0]!);
    }
  }

  leaveOut(name: string, reason: string): void {
    this.#leftOut.push(`${name} is left out: ${reason}`);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  /** @throws LoadwrightError `USAGE` when nothing could be imported. */
  result(): Imported {
    if (this.#routes.length > 0) return this.#imported(this.#routes, this.#secrets, this.#files);
    const [first, ...others] = this.#leftOut;
    const reason =
      first === undefined
        ? 'it describes no request'
        : `nothing of it can be imported: ${first}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
    throw new LoadwrightError('USAGE', `import ${this.#kind}: ${reason}`, {
      hint: 'write the routes by hand: loadwright init rest makes a configuration to begin with',
    });
  }

  #imported(routes: readonly ImportedRoute[], secrets: SecretKeeper, files: Imported['files']): Imported {
    return {
      baseUrl: this.#baseUrl,
      routes,
      ...(secrets.authentication && { authentication: secrets.authentication }),
      secretHeaders: secrets.secretHeaders,
      files,
      variables: [...secrets.variables],
      notes: [...this.#leftOut, ...this.#notes, ...secrets.notes],
    };
  }
}

/** Names of requests are not longer than 100 characters, and no two are the same. */
function uniqueName(wanted: string, taken: Set<string>): string {
  const short = wanted.slice(0, 90);
  let name = short;
  for (let number = 2; taken.has(name); number += 1) name = `${short} ${number}`;
  taken.add(name);
  return name;
}
