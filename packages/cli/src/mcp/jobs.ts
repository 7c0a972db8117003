import { createRunId } from '@loadwright/core';
import type { Call, Outcome } from './call.js';

/** A command that an agent started, and asks about. */
export interface Job {
  readonly jobId: string;
  /** What it does, as a person would type it. */
  readonly command: string;
  readonly call: Call;
  outcome: Outcome | undefined;
}

/** What goes on behind the tools. One at a time: two loads on one machine disturb each other. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();

  get running(): Job | undefined {
    return [...this.#jobs.values()].find(({ outcome }) => outcome === undefined);
  }

  /** @param start Is called where nothing is running. @returns undefined where something is. */
  start(command: string, start: () => Call): Job | undefined {
    if (this.running) return undefined;
    const call = start();
    const job: Job = { jobId: createRunId(), command, call, outcome: undefined };
    this.#jobs.set(job.jobId, job);
    void call.outcome.then((outcome) => (job.outcome = outcome));
    return job;
  }

  find(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  /** Ends what is running in order, and waits for it. */
  async end(): Promise<void> {
    const job = this.running;
    // Not SIGTERM, which leaves a clean-up 8.5 s: nobody waits for this one.
    job?.call.stop();
    await job?.call.outcome;
  }
}
