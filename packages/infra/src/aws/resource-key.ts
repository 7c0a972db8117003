/** Which resource of a fleet: the only one of its kind, or one of several. */
export interface ResourceKey {
  /** Name of its kind: `instance`. */
  readonly kind: string;
  /** Which of several: `worker-3`. Absent: the only one. */
  readonly part?: string | undefined;
}

/** The same as one text: `instance worker-3`. It is known before AWS has given the resource an id. */
export function keyOf({ kind, part }: ResourceKey): string {
  return part === undefined ? kind : `${kind} ${part}`;
}
