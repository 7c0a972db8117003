import type { Aws } from './clients.js';
import type { FleetIdentity, OtherVersion } from './fleet-identity.js';
import type { ResourceKey } from './resource-key.js';

/** A resource that exists. */
export interface FoundResource extends ResourceKey {
  /** What AWS calls it: an id, or a name. */
  readonly id: string;
  readonly fleetId: string;
  /** Its tags, where looking for it gives them. */
  readonly tags: Readonly<Record<string, string>>;
  /** For machines: `pending`, `running`, … */
  readonly state?: string;
  /** Id of the machine that holds it. */
  readonly holder?: string | undefined;
  /** Why it is not removed, with what to do about it: it bears the tag of a fleet, and was not made for it. */
  readonly stays?: string | undefined;
  /** It is left to that version of Loadwright; {@link stays} says so. */
  readonly otherVersion?: OtherVersion | undefined;
  /** What else there is to know before it is removed. */
  readonly note?: string | undefined;
}

/** Whose resources: those of one fleet, or of all fleets of the kind in the region. */
export interface Scope {
  readonly fleetId?: string;
}

/**
 * One kind of resource. Names and tags on the resources are the truth: `find` needs nothing else, so that a fleet can be
 * removed from any machine.
 */
export interface Kind {
  /** For people: `security group`. */
  readonly name: string;
  /** Few fleets have one: without a journal nobody waits for it to be seen. */
  readonly isRare?: true;
  find(aws: Aws, scope: Scope): Promise<readonly FoundResource[]>;
  /** Is it still there? Looks at the resource itself, not at its tags. */
  exists(aws: Aws, id: string): Promise<boolean>;
  /** Is it there, or was it until not long ago? Absent: as {@link exists}. */
  wasSeen?(aws: Aws, id: string): Promise<boolean>;
  /** After a removal that was refused: does it continue as before? Absent: no. */
  continues?(aws: Aws, id: string): Promise<boolean>;
  /** Removes it and returns when it is gone. What is already gone is no error. */
  destroy(aws: Aws, id: string): Promise<void>;
}

/** A kind of which Loadwright makes resources. */
export interface CreatableKind<Parameters> extends Kind {
  /** Makes it under its name. @returns its id */
  create(aws: Aws, fleet: FleetIdentity, parameters: Parameters): Promise<string>;
  /** What belongs to it and is made by further calls. Runs for a found resource too, so it must be safe to repeat. */
  complete?(aws: Aws, fleet: FleetIdentity, id: string, parameters: Parameters): Promise<void>;
}
