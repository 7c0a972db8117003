import { beside } from './beside.mjs';
import { output } from './output.mjs';

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** Thrown when a stage that others need has failed; it is already counted and explained. */
class Stop extends Error {}

/** Runs the stages of a check, counts their tests, and has the last word. */
export class Ledger {
  #passed;
  #failed;
  #failures = [];
  #notChecked = [];

  /** @param {{ passed: number, failed: number, failures: string[] }} [carried] counts of what ran before */
  constructor({ passed, failed, failures } = { passed: 0, failed: 0, failures: [] }) {
    this.#passed = passed;
    this.#failed = failed;
    this.#failures.push(...failures);
  }

  get counts() {
    return { passed: this.#passed, failed: this.#failed, failures: this.#failures };
  }

  /**
   * Runs one stage. It counts as one test, unless the work returns counts of its own.
   *
   * @param {string} title
   * @param {() => Promise<void | { passed: number, failed: number, skipped?: number, failures?: string[], notChecked?: string[] }>} work
   * throws when it failed; failures: each test that failed, and why; notChecked: what nobody could check here, and why
   * @param {{ required?: boolean }} options required: nothing after it makes sense if it fails
   */
  async stage(title, work, { required = false } = {}) {
    const success = await this.#carryOut(title, work);
    if (!success && required) throw new Stop(title);
  }

  /**
   * Runs stages beside each other, as {@link beside} says. One that another needs and that fails is counted; the other
   * one is not run, and is named.
   *
   * @param {readonly import('./beside.mjs').Stage[]} stages
   */
  async beside(stages) {
    await beside(stages, async ({ title, work }, lacking) => {
      if (lacking === undefined) return this.#carryOut(title, work);
      output().write(`\n${paint('33', `– ${title}: not run, for lack of "${lacking}"`)}\n`);
      return false;
    });
  }

  /**
   * Does works beside each other that have their stages one after another. A required stage that fails ends its own
   * work alone.
   *
   * @param {readonly (() => Promise<void>)[]} works
   */
  async lanes(works) {
    await beside(
      works.map((work, index) => ({ lane: String(index), title: String(index), work })),
      async ({ work }) => {
        await work().catch(async (error) => {
          if (!(error instanceof Stop)) await this.stage('the check itself', () => Promise.reject(error));
        });
        return true;
      },
    );
  }

  /** @returns {Promise<boolean>} did it succeed? */
  async #carryOut(title, work) {
    output().write(`\n${paint('1;36', `▶ ${title}`)}\n`);
    const began = performance.now();
    let counts;
    let reason;
    let details = [];
    try {
      counts = (await work()) ?? { passed: 1, failed: 0 };
      if (counts.failed > 0) reason = `${counts.failed} of ${counts.failed + counts.passed} failed`;
      details = counts.failures ?? [];
      this.#sayNotChecked(counts.notChecked ?? []);
    } catch (error) {
      counts = { passed: 0, failed: 1 };
      reason = error.message;
      details = error.output ? [lastLines(error.output)] : [];
    }
    this.#passed += counts.passed;
    this.#failed += counts.failed;
    const seconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    if (reason === undefined && counts.passed === 0 && counts.notChecked?.length > 0) {
      output().write(`${paint('33', `– ${title}: not checked`)} (${seconds})\n`);
      return true;
    }
    const skipped = counts.skipped ? `, ${counts.skipped} skipped` : '';
    if (reason === undefined) {
      output().write(`${paint('32', `✔ ${title}`)} (${counts.passed} passed${skipped}, ${seconds})\n`);
      return true;
    }
    // Whoever is shown the end of a long log alone must find the cause there.
    this.#failures.push([`${title}: ${reason}`, ...details].join('\n'));
    output().write(`${paint('31', `✘ ${title}: ${reason}`)} (${seconds})\n`);
    return false;
  }

  /** At once, and again at the end: what was not checked must not look like what passed. */
  #sayNotChecked(lines) {
    this.#notChecked.push(...lines);
    for (const line of lines) output().write(`${paint('33', `not checked: ${line}`)}\n`);
  }

  /** Prints what failed and, as the last line, the totals. Sets the exit code. */
  finish() {
    if (this.#failures.length > 0) {
      process.stdout.write(`\n${paint('31', 'What failed')}\n`);
      for (const failure of this.#failures) process.stdout.write(`  ${failure.replaceAll('\n', '\n    ')}\n`);
    }
    if (this.#notChecked.length > 0) process.stdout.write('\n');
    for (const line of this.#notChecked) process.stdout.write(`${paint('33', `not checked: ${line}`)}\n`);
    process.exitCode = this.#failed > 0 ? 1 : 0;
    process.stdout.write(`\n${this.#passed} passed, ${this.#failed} failed\n`);
  }
}

/** Runs the stages and finishes the ledger, whatever happens. */
export async function withLedger(ledger, stages) {
  try {
    await stages(ledger);
  } catch (error) {
    if (!(error instanceof Stop))
      await ledger.stage('the check itself', () => Promise.reject(error)).catch(() => {});
  }
  ledger.finish();
}

function lastLines(output) {
  return output.trim().split('\n').slice(-40).join('\n');
}
