import type { ProvisionRequest } from '@loadwright/core/fleet';
import type { Account } from '../../aws/account/account.js';
import type { Aws } from '../../aws/clients.js';
import type { TaggedPrice } from '../../aws/fleets/facts.js';
import type { Journal } from '../../aws/journal.js';
import type { Crew } from '../scale/crew.js';
import type { EcsFleetSettings } from '../settings.js';

/** What `deploy` needs. */
export interface Deployment {
  readonly aws: Aws;
  readonly journal: Journal;
  readonly settings: EcsFleetSettings;
  readonly account: Account;
  readonly request: ProvisionRequest;
  readonly createdAt: Date;
  readonly pricePerHour: TaggedPrice;
  /** Ids of machines that an earlier attempt has launched, by their parts. */
  readonly existing: ReadonlyMap<string, string>;
  /** Its machines of workers. */
  readonly crew: Crew;
}
