/**
 * For how long this process has had no turn meanwhile, since others have the cores: what a time of the machine that a test judges has
 * in it, and is not the product's.
 *
 * @returns to be called once, at the end: milliseconds
 */
export function heldUp(): () => number {
  const interval = 10;
  let total = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    total += Math.max(0, now - last - interval);
    last = now;
  };
  const timer = setInterval(look, interval);
  return () => {
    clearInterval(timer);
    look();
    return total;
  };
}
