import type { OptionsSchema } from './options-schema.js';

/** A local stand-in for a service: checks what the real one checks, and has a known capacity. */
export interface EmulatorDefinition<Input = unknown, Options = unknown> {
  /** Extends the capacity options of `@loadwright/core/testing` with what is the service's own. */
  readonly options: OptionsSchema<Input, Options>;
  start(options: Options): Promise<Emulator>;
}

/** A running emulator. */
export interface Emulator {
  /** Base URL, on loopback. */
  readonly url: string;
  /** Options with which the target reaches this emulator. Never a secret. */
  readonly targetOptions: Readonly<Record<string, unknown>>;
  /** Variables, with made-up credentials that this emulator accepts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Counts since it started. */
  statistics(): EmulatorStatistics;
  /** Closes the server and every connection. Safe to call twice. */
  stop(): Promise<void>;
}

/** What an emulator has answered since it started, in requests. */
export interface EmulatorStatistics {
  readonly requests: number;
  /** Served by a slot of the capacity model. */
  readonly served: number;
  /** Refused because the queue was full. */
  readonly throttled: number;
  /** Refused by a check: signature, token, key, route or body. */
  readonly rejected: number;
}
