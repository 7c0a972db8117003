/** A service with slots and a queue before them, simulated request by request. Times in seconds; the same seed gives the same figures. */

/** Uniform numbers from 0 to 1, by mulberry32. */
function uniformNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Requests that arrive whether or not earlier ones were answered.
 *
 * @returns `{ at, seconds }` of each request.
 */
export function openLoad({ rate, slots, serviceSeconds, duration, seed, pause }) {
  const uniform = uniformNumbers(seed);
  const freeAt = Array.from({ length: slots }, () => 0);
  const requests = [];
  for (let at = -Math.log(1 - uniform()) / rate; at < duration; at += -Math.log(1 - uniform()) / rate)
    requests.push({ at, seconds: serve(freeAt, at, serviceSeconds, uniform, pause) - at });
  return requests;
}

/** Users who each wait for their answer, and then for as long as they think. */
export function closedLoad({ users, thinkSeconds, slots, serviceSeconds, duration, seed, pause }) {
  const uniform = uniformNumbers(seed);
  const freeAt = Array.from({ length: slots }, () => 0);
  const nextAt = Array.from({ length: users }, () => uniform() * thinkSeconds);
  const requests = [];
  for (;;) {
    const user = nextAt.indexOf(Math.min(...nextAt));
    const at = nextAt[user];
    if (at >= duration) return requests;
    const end = serve(freeAt, at, serviceSeconds, uniform, pause);
    requests.push({ at, seconds: end - at });
    nextAt[user] = end + thinkSeconds;
  }
}

function serve(freeAt, at, serviceSeconds, uniform, pause) {
  const slot = freeAt.indexOf(Math.min(...freeAt));
  let start = Math.max(at, freeAt[slot]);
  if (pause && start >= pause.from && start < pause.to) start = pause.to;
  freeAt[slot] = start - serviceSeconds * Math.log(1 - uniform());
  return freeAt[slot];
}

/** The value below which a share of them lies. */
export function percentile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
