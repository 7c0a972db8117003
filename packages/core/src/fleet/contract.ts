import type { Bundle } from '../bundle/bundle.js';
import type { IamStatement } from '../target/contract.js';
import type { NextStep } from '../next-step.js';
import type { PreflightAnswer } from '../target/preflight-answer.js';

/** What is asked of a fleet. */
export interface FleetRequest {
  /** Names the fleet everywhere: sortable UTC time and a random part, see `createFleetId`. */
  readonly fleetId: string;
  /** What people call it besides; among the fleets of its owner no other has it. Absent: nothing. */
  readonly name?: string;
  /** Load-generating processes. */
  readonly workers: number;
  /** How long the load lasts, in seconds: what costs and expiries are reckoned from. */
  readonly durationSeconds: number;
  /** Base URL of the system under test. */
  readonly host: string;
  /** What the nodes must be allowed to do. */
  readonly iamStatements: readonly IamStatement[];
  /** Names of the variables that the target may give every node, see {@link ProvisionRequest.environment}. Absent: not known. */
  readonly variables?: readonly string[];
}

/** What something costs. */
export interface FleetPrice {
  readonly usDollars: number;
  /** Where the price comes from, and when it was true. */
  readonly source: string;
  /** The price of a part is not known: it costs more than this. */
  readonly isIncomplete?: boolean;
}

/** What would be made. Reading it changes nothing and costs nothing. */
export interface FleetPlan {
  /** One line for each thing that would be made, for people. */
  readonly resources: readonly string[];
  /** What the whole fleet costs an hour. */
  readonly pricePerHour: FleetPrice;
  /** When its machines end by themselves, whatever happens, in seconds from their start. Absent: never. */
  readonly endsAfterSeconds?: number;
  /** The permissions that provisioning needs. */
  readonly permissions: readonly IamStatement[];
  /** What people should know before they agree. */
  readonly notes?: readonly string[];
  /** What they should think about: addresses that are open to all, machines that may be taken away. */
  readonly warnings?: readonly string[];
}

/** What provisioning needs beyond the request. */
export interface ProvisionRequest extends FleetRequest {
  readonly bundle: Bundle;
  /** Values for the environment of every node; secrets among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder on this machine for the logs of the nodes. */
  readonly logDirectory: string;
  /** Removes every known secret from a text. All that is logged goes through it. */
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
  /** Called with one line for people, for every step that takes time. */
  readonly onProgress: (message: string) => void;
}

/** How to log in to the master's web UI and API. */
export interface MasterLogin {
  readonly username: string;
  /** The password of the login form, and the bearer token of the API. */
  readonly password: string;
}

/** One process or machine of a fleet. */
export interface FleetNode {
  /** `master`, `worker-1`, … */
  readonly name: string;
  readonly role: 'master' | 'worker';
  readonly state: 'starting' | 'running' | 'stopped' | 'failed';
  /** Why it is not running, and its last words, already redacted. */
  readonly reason?: string;
  /** What to do about that. */
  readonly remedy?: string;
  /** The machine or container that it is on, as its service names it: `i-0abc…`. Absent: this machine. */
  readonly instance?: string;
}

/** How a call is ended early. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** One line that a node of a fleet logged. */
export interface LogLine {
  /** `master`, `worker-1`, … */
  readonly node: string;
  readonly line: string;
}

/** Which log lines are asked for. */
export interface LogOptions extends CallOptions {
  /** Only those of this side. Default: of both. */
  readonly role?: FleetNode['role'];
}

/** What a clean-up did. */
export interface DestroyReport {
  /** What was removed, one line each. */
  readonly removed: readonly string[];
  /** What could not be removed, one line each with the reason. Empty means: nothing is left. */
  readonly remaining: readonly string[];
}

/** Why a master may not answer yet: the last start of its machines. */
export interface MasterReadiness {
  readonly at: Date;
  /** How long they may take from then until their master answers. */
  readonly limitSeconds: number;
  /** What may keep a caller from a master that is ready. */
  readonly hint: string;
}

/** A fleet that exists. From here on every fleet is the same: `LocustMaster` talks to `masterUrl`. */
export interface FleetHandle {
  readonly fleetId: string;
  /** Base URL of the master's web UI, without a trailing slash. */
  readonly masterUrl: string;
  /** The URL is of this machine, and ends with this process; others reach the web UI by a way of their own. */
  readonly isForwarded?: boolean;
  readonly login: MasterLogin;
  /**
   * The only certificate that the master may show, as PEM. Empty: its machine has not made it yet. Absent: there is none,
   * or one that is trusted by its name.
   */
  readonly certificate?: string;
  readonly expectedWorkers: number;
  /** What besides the password of the login must never be shown or written: the secrets that the nodes know. */
  readonly secrets: readonly string[];
  /** What the nodes run, see `digestWithoutLoad`. Absent: not known. */
  readonly bundleDigest?: string;
  /** It existed before `provision`, which continued with it: what fails afterwards leaves it in place. */
  readonly existedBefore?: boolean;
  /** When its machines were started: they may still be made ready. Absent: its master has answered, or has no machine of its own. */
  readonly readiness?: MasterReadiness;
  status(): Promise<readonly FleetNode[]>;
  /** The log lines so far of every node, oldest first. */
  logs(options?: LogOptions): AsyncIterable<LogLine>;
  /**
   * The log lines so far and then those that come, each once, until the signal aborts or the fleet is gone. Absent: whoever
   * follows asks {@link logs} again and again, and leaves out what it has had.
   */
  followLogs?(options: LogOptions & { readonly signal: AbortSignal }): AsyncIterable<LogLine>;
  /** Removes everything; safe to repeat, never throws for what is already gone. */
  destroy(options?: Pick<DestroyOptions, 'onProgress'>): Promise<DestroyReport>;
}

/** One resource of a fleet. */
export interface FleetResource {
  readonly fleetId: string;
  /** What it is, for people. */
  readonly resource: string;
}

/** What one look at an account, a machine or a project found. */
export interface Finding {
  /** What was looked at. */
  readonly subject: string;
  /** `missing`: it works without. `unknown`: it could not be looked at. */
  readonly state: 'good' | 'missing' | 'unknown' | 'problem';
  /** What was found; never a secret. */
  readonly detail: string;
  /** What it is concluded from, one line each, as the service said it: an event, a reason, a setting. */
  readonly evidence?: readonly string[];
  /** What to do. */
  readonly remedy?: string;
  /** What can be done next. */
  readonly next?: readonly NextStep[];
}

/** A fleet of which at least one resource exists. */
export interface DeployedFleet {
  readonly fleetId: string;
  /** What its owner calls it. Absent: nothing. */
  readonly name?: string;
  /** Who made it, as the service knows them. */
  readonly owner?: string;
  readonly createdAt: Date;
  /** When its machines end by themselves. Absent: not known. */
  readonly expiresAt?: Date;
  /**
   * `incomplete`: no machine, and so young that one may still come; `orphaned`: no machine, and none will come; `stopped`:
   * its machine can be started again; `other-version`: another version of Loadwright made it, and this one leaves it alone.
   */
  readonly state:
    'starting' | 'running' | 'stopped' | 'incomplete' | 'expired' | 'orphaned' | 'other-version';
  /** Why it is left alone, and what to do, for people. */
  readonly problem?: string;
  /** Its resources, one line each. */
  readonly resources: readonly string[];
  /** What its machines have cost so far, in US dollars. Absent: no price is known. */
  readonly costUsDollars?: number;
  /** What they cost an hour, in US dollars. Absent: no price is known. */
  readonly usDollarsPerHour?: number;
  /** The price of a part is not known: they cost more than that. */
  readonly isCostIncomplete?: boolean;
}

/** How a removal is watched and ended. */
export interface DestroyOptions extends CallOptions {
  /** Called with one line for people, for every step that takes time. */
  readonly onProgress?: (message: string) => void;
}

/** A fleet that was begun on this machine, and not seen to be gone, with the place where it is. */
export interface KnownFleetPlace {
  readonly fleetId: string;
  /** See {@link DeployedFleet.name}. */
  readonly name?: string;
  /** The options without which its fleet does not find it: `{ region: 'eu-west-1' }`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What whoever makes and removes a fleet must be allowed to do. */
export interface FleetPermissions {
  readonly statements: readonly IamStatement[];
  /** What the role of its machines must allow, for who brings one; otherwise it is made with the fleet. */
  readonly ofMachine: readonly IamStatement[];
  /**
   * The managed policy that limits every role which is made, for an administrator to create once. Without it whoever may
   * make roles could make one that may do everything.
   */
  readonly boundary: {
    readonly name: string;
    readonly path: string;
    readonly statements: readonly IamStatement[];
  };
  /** What people should know of them: for which account they are, and why. */
  readonly notes: readonly string[];
}

/** Where fleets are looked for, and by whom. */
export interface FleetPlace {
  /** For people: region, account, profile. */
  readonly description: string;
  /** The caller, as {@link DeployedFleet.owner} names them. Absent: not known. */
  readonly caller?: string;
}

/** What another number of workers would change. Reading it changes nothing and costs nothing. */
export interface ScalePlan {
  /** Load-generating processes. A kind whose machines have several may give more than were asked for, never fewer. */
  readonly workersBefore: number;
  readonly workersAfter: number;
  /** What the whole fleet costs an hour. */
  readonly pricePerHourBefore: FleetPrice;
  readonly pricePerHourAfter: FleetPrice;
  /** One line for each thing that would be made or removed. Empty: nothing would change. */
  readonly changes: readonly string[];
  /** What people should know before they agree. */
  readonly notes?: readonly string[];
  /** What they should think about. */
  readonly warnings?: readonly string[];
}

/** How a change of a fleet's size is watched and ended. */
export interface ScaleOptions extends CallOptions {
  /** Called with one line for people, for every step that takes time. */
  readonly onProgress?: (message: string) => void;
}

/** Changing the number of workers of a fleet that exists, idle or under load. */
export interface FleetScaling {
  /**
   * Everything that would change, quotas looked at. Changes nothing.
   *
   * @param workers Load-generating processes, at least 1.
   * @throws LoadwrightError as `Fleet.open`; `CONFIG_INVALID` when this fleet cannot have so many.
   */
  plan(fleetId: string, workers: number, options?: CallOptions): Promise<ScalePlan>;
  /**
   * Makes or removes worker machines, and returns as soon as the service has taken that on and the fleet's own record
   * says the new number: whoever opens the fleet from then on expects it. It does not wait for new workers to connect; the
   * caller does. Machines that were begun and cannot be had are removed again, and the number is as before. The machines
   * that go get the time that a worker needs to leave its master (SIGTERM, then its grace period).
   * Repeating it with the same number continues, replaces machines that have ended or are about to, and changes nothing that
   * is as asked.
   *
   * @returns the fleet with its new number of workers.
   * @throws LoadwrightError as {@link plan}; `PROVISIONING_FAILED`
   */
  scale(fleetId: string, workers: number, options?: ScaleOptions): Promise<FleetHandle>;
}

/** What only fleets have that outlive the process that made them. Each works from any machine, without local files. */
export interface LastingFleets {
  /** Everything that would keep {@link Fleet.provision} from working, all at once. Changes nothing. */
  check(
    request: Pick<FleetRequest, 'fleetId' | 'durationSeconds' | 'iamStatements'>,
    options?: CallOptions,
  ): Promise<readonly Finding[]>;
  /**
   * The permissions of {@link FleetPlan}, for those who have none yet: needs neither credentials nor a network.
   *
   * @param options.accountId Default: that of the credentials; any account where there are none.
   * @param options.owner Whose secrets alone are to be touched. Default: as the fleet is configured.
   * @param options.iamStatements What the target needs, of the machines and of whoever asks it beforehand. Default: nothing.
   */
  permissions(
    options?: CallOptions & {
      readonly accountId?: string;
      readonly owner?: string;
      readonly iamStatements?: readonly IamStatement[];
    },
  ): Promise<FleetPermissions>;
  place(options?: CallOptions): Promise<FleetPlace>;
  /** Every fleet of which at least one resource exists, newest first. */
  list(): Promise<readonly DeployedFleet[]>;
  /** What {@link destroy} would remove. Empty: nothing of this fleet exists. */
  inventory(fleetId: string): Promise<readonly FleetResource[]>;
  /** Removes every resource of a fleet, in whatever state it is; safe to repeat, and verified by looking again. */
  destroy(fleetId: string, options?: DestroyOptions): Promise<DestroyReport>;
  /** Absent: its fleets keep the number of workers that they were made with. */
  readonly scaling?: FleetScaling;
  /**
   * Why a fleet does not work, from what its service knows of it: one finding for each thing that was looked at, problems
   * with their evidence and their remedy. Works for a fleet whose master was never there. Changes nothing. What cannot be
   * looked at is a finding of state `unknown`, not an error. Absent: what `diagnoseFleet` sees of any fleet is all.
   *
   * @throws LoadwrightError as `Fleet.open` when nothing of the fleet exists.
   */
  diagnose?(fleetId: string, options?: CallOptions): Promise<readonly Finding[]>;
}

/** What one request before the load needs. */
export interface ProbeRequest extends CallOptions {
  /** Folder of a bundle. */
  readonly directory: string;
  /** Values for the environment, as the workers have them; secrets among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** A path of the host that is asked for with GET, or `name:` and the name of a request. Absent: the load's first request. */
  readonly path?: string | undefined;
}

/** Makes requests by the load's own code, each as if it were the first. */
export interface Probe {
  /** Makes one. @throws LoadwrightError when that code does not run. */
  (request: ProbeRequest): Promise<PreflightAnswer>;
  /** Ends what it keeps between requests, whatever that is doing; safe to repeat. Absent: it keeps nothing. */
  close?(): Promise<void>;
}

/** Where the load comes from: a master and its workers. Version 1 of the contract. */
export interface Fleet {
  readonly specificationVersion: 1;
  /** `local`, `ec2`, `ecs`, … */
  readonly kind: string;
  /** Workers when nobody names a number: one a core of its machines. Absent: 1. */
  defaultWorkers?(options?: CallOptions): Promise<number>;
  /** Absent: its fleets end with the process that made them. */
  readonly lasting?: LastingFleets;
  /**
   * A way to make one request from this machine before there is a fleet. Absent, or undefined: this machine has no
   * Python; then the request is made on the fleet as soon as it is there, before the load.
   */
  prepareProbe?(
    options: CallOptions & { readonly onProgress: (message: string) => void },
  ): Promise<Probe | undefined>;
  /** What would be made; no call that changes anything. */
  plan(request: FleetRequest, options?: CallOptions): Promise<FleetPlan>;
  /**
   * Makes the fleet and returns when the master answers. On failure it removes what it made, then throws
   * `PROVISIONING_FAILED`, or `RESOURCES_REMAIN` with the list when that did not work either. A fleet of that id that
   * existed before stays, which is `RESOURCES_REMAIN` too.
   */
  provision(request: ProvisionRequest): Promise<FleetHandle>;
  /** The handle of a fleet that was deployed earlier. */
  open(fleetId: string, options?: CallOptions): Promise<FleetHandle>;
}
