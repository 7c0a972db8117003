import { LoadwrightError, pinnedFetch, refusalOf } from '@loadwright/core/fleet';

/** A try to reach a machine that does not answer yet, in milliseconds. */
const tryMilliseconds = 2000;

/** Looks at a web UI that does not answer yet. */
export class Look {
  /** That of the web UI; undefined when it has none. */
  certificate: string | undefined;
  readonly #ask: (() => Promise<string | undefined>) | undefined;
  /** What whoever answers did not show. */
  #refused: string | undefined;
  #send: typeof fetch | undefined;

  /** @param ask for the certificate that its machine makes, empty or undefined until then; absent: it makes none */
  constructor(ask?: () => Promise<string | undefined>) {
    this.#ask = ask;
    if (!ask) this.#send = (input, init) => fetch(input, init);
  }

  /**
   * @returns whether it answers
   * @throws LoadwrightError `PROVISIONING_FAILED` when somebody else does.
   */
  async at(url: string, signal: AbortSignal): Promise<boolean> {
    const send = (this.#send ??= await this.#pinned(url));
    if (!send) return false;
    try {
      const response = await send(`${url}/login`, {
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(tryMilliseconds)]),
      });
      await response.body?.cancel();
      return response.ok;
    } catch (error) {
      signal.throwIfAborted();
      if (refusalOf(error) === 'other') {
        // A machine that starts once more makes another one: that is asked for before anybody is accused.
        this.#refused = this.certificate;
        this.#send = undefined;
      }
      return false;
    }
  }

  async #pinned(url: string): Promise<typeof fetch | undefined> {
    const certificate = await this.#ask?.();
    if (!certificate) return undefined;
    if (certificate === this.#refused) throw inBetween(url);
    this.certificate = certificate;
    return pinnedFetch(certificate);
  }
}

function inBetween(url: string): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `Whoever answers at ${url} shows another certificate than the machine has made. Nothing was sent there.`,
    {
      hint: 'Something between here and there opens what is encrypted, a proxy say. Set access: session-manager.',
    },
  );
}
