import { parseTree, type Node, type ParseError } from 'jsonc-parser';

/** Replaces what JSON Pointers find in bodies. All else stays byte by byte. */
export class Scrubber {
  readonly #pointers: readonly { readonly text: string; readonly steps: readonly string[] }[];
  readonly #found = new Map<string, number>();
  #bodies = 0;

  /** @param pointers As RFC 6901 writes them; `*` is every member or item. */
  constructor(pointers: readonly string[]) {
    this.#pointers = pointers.map((text) => ({ text, steps: stepsOf(text) }));
  }

  /** @throws Error when the text is not JSON. */
  scrub(text: string): string {
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
    if (!root || errors.length > 0) throw new Error('scrub needs bodies of JSON, and this is none');
    this.#bodies += 1;
    const leaves = new Map<number, Node>();
    for (const pointer of this.#pointers) {
      const nodes = nodesAt(root, pointer.steps);
      if (nodes.length > 0) this.#found.set(pointer.text, (this.#found.get(pointer.text) ?? 0) + 1);
      for (const node of nodes) for (const leaf of leavesOf(node)) leaves.set(leaf.offset, leaf);
    }
    const pieces: string[] = [];
    let end = 0;
    for (const leaf of [...leaves.values()].sort((a, b) => a.offset - b.offset)) {
      pieces.push(text.slice(end, leaf.offset), replacement(leaf));
      end = leaf.offset + leaf.length;
    }
    return [...pieces, text.slice(end)].join('');
  }

  /** A pointer that finds nothing anywhere is a slip, by which what is private would be sent and written. */
  get unused(): readonly string[] {
    return this.#pointers.map(({ text }) => text).filter((text) => !this.#found.has(text));
  }

  /** One line for each pointer that some bodies do not have. */
  get notes(): string[] {
    return [...this.#found]
      .filter(([, count]) => count < this.#bodies)
      .map(([text, count]) => `scrub ${text}: found in ${count} of ${this.#bodies} bodies.`);
  }
}

/** The text of what a pointer finds first in a body of JSON; undefined: nothing, or no JSON. */
export function textAt(text: string, pointer: string): string | undefined {
  const root = parseTree(text);
  const [node] = root ? nodesAt(root, stepsOf(pointer)) : [];
  return node && text.slice(node.offset, node.offset + node.length);
}

const stepsOf = (pointer: string) =>
  pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function nodesAt(root: Node, steps: readonly string[]): Node[] {
  let nodes = [root];
  for (const step of steps) nodes = nodes.flatMap((node) => childrenAt(node, step));
  return nodes;
}

/** Of a name that an object has twice both. */
function childrenAt({ type, children = [] }: Node, step: string): Node[] {
  if (type === 'array') return step === '*' ? children : children.slice(...rangeOf(step));
  if (type !== 'object') return [];
  return children.flatMap(({ children: [name, value] = [] }) =>
    value && (step === '*' || name?.value === step) ? [value] : [],
  );
}

function rangeOf(step: string): [number, number] {
  return /^(?:0|[1-9]\d*)$/.test(step) ? [Number(step), Number(step) + 1] : [0, 0];
}

function leavesOf(node: Node): Node[] {
  if (node.type === 'object') return (node.children ?? []).flatMap(({ children }) => leavesOf(children![1]!));
  return node.type === 'array' ? (node.children ?? []).flatMap(leavesOf) : [node];
}

/** Of the same kind and, if it is text, as long: a tokenizer makes about as much of it. */
function replacement({ type, value }: Node): string {
  if (type === 'string') return `"${'x'.repeat((value as string).length)}"`;
  if (type === 'number') return '0';
  return type === 'boolean' ? 'false' : 'null';
}
