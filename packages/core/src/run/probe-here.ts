import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { LoadwrightError } from '../errors.js';
import type { Fleet, Probe } from '../fleet/contract.js';
import { createRedactor, redactStrings } from '../secrets/redactor.js';
import { whileWaiting } from '../waiting.js';
import type { OtherRequest } from '../target/contract.js';
import type { PreflightAnswer } from '../target/preflight-answer.js';
import type { StagedInputs } from '../target/staging-contract.js';
import { askedFor } from '../target/preflight-command.js';
import { bundleContents } from './bundle-contents.js';
import type { Credentials } from './credentials.js';
import type { Phases } from './phases.js';
import { withWorkers, type PreparedTest } from './prepare.js';
import { createRunId } from './run-id.js';
import { removeInputs, stageInputs } from './stage-inputs.js';

/** Requests by the Python of this machine, on a bundle that holds the first payload alone. */
export class ProbeHere {
  /** The fleet has no way to make them. */
  isImpossible = false;
  #prepared: Promise<{ probe: Probe; directory: string }> | undefined;
  #directory: string | undefined;
  #inputs: StagedInputs | undefined;

  constructor(
    private readonly test: PreparedTest,
    private readonly fleet: Fleet,
    private readonly credentials: Credentials,
    private readonly phases: Phases,
  ) {}

  async request(other?: OtherRequest): Promise<PreflightAnswer> {
    const { probe, directory } = await (this.#prepared ??= this.#prepare());
    const { signal } = this.phases;
    const { variables } = this.credentials.environment;
    const { definition, targetOptions } = this.test;
    // Not from the beginning: what makes the request may have to be installed first.
    const answer = await whileWaiting(`the answer of ${definition.host(targetOptions)}`, () =>
      probe({ directory, environment: variables, path: askedFor(other), signal }),
    );
    signal.throwIfAborted();
    // The second time: what the process did not know to be secret.
    return redactStrings(answer, createRedactor(this.credentials.secrets));
  }

  async close(): Promise<void> {
    const prepared = await this.#prepared?.catch(() => {});
    await prepared?.probe.close?.();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
    await removeInputs(this.#inputs, this.phases);
  }

  async #prepare() {
    const { signal } = this.phases;
    const probe = await this.fleet.prepareProbe?.({
      signal,
      onProgress: (message) => this.phases.inform(message),
    });
    if (!probe) {
      this.isImpossible = true;
      throw new LoadwrightError('PREFLIGHT_FAILED', 'This machine cannot make the request.');
    }
    const directory = (this.#directory = await mkdtemp(join(tmpdir(), 'loadwright-preflight-')));
    await writeBundle(directory, bundleContents(withWorkers(this.test, 1)), {
      baseDirectory: this.test.baseDirectory,
      firstPayloadOnly: true,
      signal,
    });
    this.#inputs = await stageInputs(this.test, directory, createRunId(), this.phases);
    return { probe, directory };
  }
}
