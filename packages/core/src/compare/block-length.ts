/**
 * Length of the blocks in which a series has to be drawn so that a circular block bootstrap keeps its correlation.
 *
 * Politis and White (2004), Econometric Reviews 23:53–70, with the correction of Patton, Politis and White (2009),
 * Econometric Reviews 28:372–375; constants as in the Python package `arch`. It is too short for strong correlation in
 * short series.
 *
 * @param values One for each unit of time, in order.
 * @returns at least 1, not rounded.
 */
export function optimalBlockLength(values: readonly number[]): number {
  const { length } = values;
  if (length < 8) return 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  const deviations = values.map((value) => value - mean);
  const needed = Math.max(5, Math.floor(Math.log10(length)));
  const longestLag = Math.min(Math.ceil(Math.sqrt(length)) + needed, length - 2);
  const band = 2 * Math.sqrt(Math.log10(length) / length);
  const covariances: number[] = [];
  const correlations: number[] = [];
  let firstLag: number | undefined;
  for (let lag = 0; lag <= longestLag; lag += 1) {
    const product = dot(deviations, deviations, lag, 0);
    const scale = Math.sqrt(
      dot(deviations, deviations, lag + 1, lag + 1) * dot(deviations, deviations, 0, 0, length - lag - 1),
    );
    covariances.push(product / length);
    correlations.push(scale === 0 ? 0 : Math.abs(product) / scale);
    if (firstLag === undefined && lag >= needed) {
      if (correlations.slice(lag - needed, lag).every((value) => value < band)) firstLag = lag - needed;
    }
  }
  const window = Math.min(firstLag === undefined ? longestLag : 2 * Math.max(firstLag, 1), longestLag);
  let weighted = 0;
  let longRun = covariances[0]!;
  for (let lag = 1; lag <= window; lag += 1) {
    const weight = lag / window <= 0.5 ? 1 : 2 * (1 - lag / window);
    weighted += 2 * weight * lag * covariances[lag]!;
    longRun += 2 * weight * covariances[lag]!;
  }
  if (longRun === 0) return 1;
  const optimum = Math.cbrt((2 * weighted ** 2) / ((4 / 3) * longRun ** 2)) * Math.cbrt(length);
  return Math.max(1, Math.min(optimum, Math.ceil(Math.min(3 * Math.sqrt(length), length / 3))));
}

/** Sum of left[i + leftStart] × right[i + rightStart], over `count` or as many as both have. */
function dot(
  left: readonly number[],
  right: readonly number[],
  leftStart: number,
  rightStart: number,
  count = Math.min(left.length - leftStart, right.length - rightStart),
): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += left[index + leftStart]! * right[index + rightStart]!;
  return sum;
}
