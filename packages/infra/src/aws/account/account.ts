import {
  isLoadwrightError,
  LoadwrightError,
  requireClock,
  sigv4ClockToleranceSeconds,
} from '@loadwright/core/fleet';
import type { Environment } from '../../environment.js';
import { lookUpOwnAddress } from './address.js';
import { lookUpCaller, type Caller } from './caller.js';
import { combined } from './combined.js';
import { imageFor, lookUpImages, type Image, type PublicImages } from './image.js';
import { lookUpMachineType, type MachineType } from './machine.js';
import { lookUpSubnets, usableSubnets, type NetworkWish, type Subnet } from './network.js';
import { accountProblem } from './problem.js';
import { isPublic } from '../access.js';
import type { Aws } from '../clients.js';
import { codeOf } from '../service-error.js';

/** What is wanted of an account. */
export interface MachineWish extends NetworkWish {
  readonly instanceType: string;
  readonly image?: string | undefined;
  /** What it starts from without {@link image}. */
  readonly newestImages: PublicImages;
  readonly allowedAddresses?: readonly string[] | undefined;
  readonly environment: Environment;
}

/** What of an account a machine is launched with. */
export interface Account extends Caller {
  /** The caller's IPv4 address on the internet; absent when nobody need know it. */
  readonly callerAddress: string | undefined;
  readonly instanceType: MachineType;
  readonly image: Image;
  /** Where the machine may be, in the order in which they are tried; at least one. */
  readonly subnets: readonly Subnet[];
}

/** Everything that is looked up, each part with its own success. All of it is under way at the same time. */
export interface AccountLookups {
  readonly caller: Promise<Caller>;
  readonly machine: Promise<MachineType>;
  readonly image: Promise<Image>;
  readonly subnets: Promise<readonly Subnet[]>;
  readonly address: Promise<string | undefined>;
}

/** Starts all look-ups: two calls one after the other where the image is not given, otherwise one. */
export function startLookups(aws: Aws, wish: MachineWish): AccountLookups {
  const machine = lookUpMachineType(aws, wish.instanceType);
  const images = lookUpImages(aws, wish.image, wish.newestImages);
  const subnets = lookUpSubnets(aws, wish);
  const lookups = {
    caller: lookUpCaller(aws),
    machine,
    image: Promise.all([images, machine]).then(([found, { architecture }]) =>
      imageFor(found, architecture, wish.instanceType, wish.newestImages),
    ),
    subnets: Promise.all([subnets, machine]).then(([found, { zones }]) =>
      usableSubnets(found, zones, wish, wish.instanceType),
    ),
    address: needsOwnAddress(wish) ? lookUpOwnAddress(aws, wish.environment) : Promise.resolve(undefined),
  };
  // Each is awaited in its turn; that one fails meanwhile is not unheard.
  for (const lookup of [images, subnets, ...Object.values(lookups)]) lookup.catch(() => {});
  return lookups;
}

/** What AWS says of a name or an id that it does not know, and the option that holds it. */
const unknown = [
  [/^InvalidInstanceType/, 'instanceType'],
  [/^InvalidAMIID/, 'image'],
  [/^InvalidSubnet/, 'subnet'],
  [/^Invalid(Group|SecurityGroup)/, 'securityGroup'],
] as const satisfies readonly (readonly [RegExp, keyof MachineWish])[];

/** As {@link accountProblem}; but whoever names what is not there has a wrong option, as long as nothing was made. */
export function lookUpProblem(error: unknown, wish: NetworkWish): Error {
  const problem = accountProblem(error);
  const [, named] = unknown.find(([code]) => code.test(codeOf(error))) ?? [];
  const option = named === 'subnet' ? (wish.subnetOption ?? named) : named;
  if (option === undefined || !isLoadwrightError(problem)) return problem;
  const { message, hint = '' } = problem;
  return new LoadwrightError('CONFIG_INVALID', `fleet.${option}: ${message}`, { hint, cause: error });
}

/**
 * Looks up everything that launching a machine needs. Makes nothing.
 *
 * @throws LoadwrightError with everything that is wrong: `CREDENTIALS_INVALID`, `CONFIG_INVALID` or `PROVISIONING_FAILED`.
 */
export async function lookUpAccount(aws: Aws, wish: MachineWish): Promise<Account> {
  const lookups = startLookups(aws, wish);
  const settled = await Promise.allSettled(Object.values(lookups));
  aws.signal.throwIfAborted();
  const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw combined(failures.map((failure) => lookUpProblem(failure, wish)));
  const [caller, instanceType, image, subnets, callerAddress] = await Promise.all([
    lookups.caller,
    lookups.machine,
    lookups.image,
    lookups.subnets,
    lookups.address,
  ]);
  // The end of the machine is reckoned by this machine's clock.
  requireClock(caller.clock, sigv4ClockToleranceSeconds);
  return { ...caller, instanceType, image, subnets, callerAddress };
}

function needsOwnAddress({ access, securityGroup, allowedAddresses }: MachineWish): boolean {
  return isPublic(access) && securityGroup === undefined && allowedAddresses === undefined;
}
