import type { ProvisionRequest } from '@loadwright/core/fleet';
import type { Account } from '../../aws/account/account.js';
import type { Aws } from '../../aws/clients.js';
import type { Journal } from '../../aws/journal.js';
import type { Archive } from './archive.js';
import type { TaggedPrice } from '../../aws/fleets/facts.js';
import type { Ec2FleetSettings } from '../settings.js';

/** What `deploy` needs. */
export interface Deployment {
  readonly aws: Aws;
  readonly journal: Journal;
  readonly settings: Ec2FleetSettings;
  readonly account: Account;
  readonly request: ProvisionRequest;
  readonly archive: Archive;
  readonly createdAt: Date;
  readonly pricePerHour: TaggedPrice;
  /** Id of the machine that an earlier attempt has launched. */
  readonly existing: string | undefined;
}
