import type { TraceSchedule } from '../payloads/trace/schedule.js';

/** The folder of files that Locust runs. Same input, same bytes, same digest. */
export interface Bundle {
  /** Absolute path of the folder. */
  readonly directory: string;
  /** The files, with their sizes in bytes and SHA-256 digests in hexadecimal, sorted by path. */
  readonly files: readonly BundleFile[];
  /** SHA-256 over the sorted paths and digests, in hexadecimal. */
  readonly digest: string;
  /** What may be a mistake in its payloads, one line each. */
  readonly notes?: readonly string[];
  /** When its payloads are due. Absent: they are no trace. */
  readonly schedule?: TraceSchedule;
}

/** One file of a {@link Bundle}. */
export interface BundleFile {
  /** Path inside the bundle, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
