const taken = new Set<string>();

/**
 * A loopback address that no other machine of this process has; processes share none unless their ids are 32768 apart.
 * Linux answers at all of 127.0.0.0/8.
 */
export function takeAddress(): string {
  const prefix = `127.${128 + ((process.pid >> 8) & 127)}.${process.pid & 255}`;
  for (let last = 2; last < 255; last += 1) {
    const address = `${prefix}.${last}`;
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
  throw new Error('253 machines have an address already');
}

export function releaseAddress(address: string): void {
  taken.delete(address);
}
