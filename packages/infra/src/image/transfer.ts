import { inOnePiece, type Body } from './http.js';
import type { Descriptor } from './manifest.js';
import type { Registry } from './registry.js';

/** One blob on its way. */
export interface BlobProgress {
  readonly step: 'blob';
  /** For people: `layer 3 of 12 of the base`. */
  readonly name: string;
  readonly bytes: number;
  /** `present`: the registry has it; `mounted`: it took it from another repository of its own. */
  readonly state: 'present' | 'mounted' | 'sending' | 'sent';
  readonly sentBytes: number;
}

/** How many blobs took which way. */
export interface Sent {
  readonly blobs: number;
  readonly bytes: number;
  readonly present: number;
  readonly mounted: number;
}

/** Brings blobs into one repository, one after another, and only those that it lacks. */
export class Transfer {
  readonly #registry: Registry;
  readonly #repository: string;
  readonly #onProgress: (progress: BlobProgress) => void;
  readonly #sent = { blobs: 0, bytes: 0, present: 0, mounted: 0 };

  constructor(options: {
    readonly registry: Registry;
    readonly repository: string;
    readonly onProgress: (progress: BlobProgress) => void;
  }) {
    this.#registry = options.registry;
    this.#repository = options.repository;
    this.#onProgress = options.onProgress;
  }

  get sent(): Sent {
    return { ...this.#sent };
  }

  /** A blob of another repository: the registry takes it from there itself, or it is read and sent at the same time. */
  async copy(
    { digest, size, urls }: Descriptor,
    name: string,
    from: { readonly registry: Registry; readonly repository: string },
  ): Promise<void> {
    const isSame = from.registry === this.#registry;
    // What a manifest gives addresses for is loaded from there, and is in no registry.
    if (urls !== undefined && urls.length > 0) return;
    await this.#bring({ digest, bytes: size }, name, {
      ...(isSame && from.repository !== this.#repository && { mountFrom: from.repository }),
      open: () => from.registry.openBlob(from.repository, digest),
    });
  }

  async send(
    blob: { readonly digest: string; readonly bytes: number },
    name: string,
    open: Body['open'],
  ): Promise<void> {
    await this.#bring(blob, name, { open });
  }

  async sendShort(content: Buffer, digest: string, name: string): Promise<void> {
    await this.#bring({ digest, bytes: content.length }, name, { open: () => inOnePiece(content) });
  }

  async #bring(
    { digest, bytes }: { readonly digest: string; readonly bytes: number },
    name: string,
    way: { readonly mountFrom?: string; readonly open: Body['open'] },
  ): Promise<void> {
    const repository = this.#repository;
    const tell = (state: BlobProgress['state'], sentBytes: number) =>
      this.#onProgress({ step: 'blob', name, bytes, state, sentBytes });
    if (await this.#registry.hasBlob(repository, digest)) {
      this.#sent.present++;
      return tell('present', 0);
    }
    const mount = way.mountFrom === undefined ? undefined : { digest, from: way.mountFrom };
    const upload = await this.#registry.beginUpload(repository, mount);
    if (!upload) {
      this.#sent.mounted++;
      return tell('mounted', 0);
    }
    tell('sending', 0);
    await this.#registry.finishUpload(upload, digest, {
      bytes,
      open: way.open,
      onSent: (sentBytes) => tell('sending', sentBytes),
    });
    this.#sent.blobs++;
    this.#sent.bytes += bytes;
    tell('sent', bytes);
  }
}
