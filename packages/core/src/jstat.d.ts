/** The part of jstat that is used; it has no types of its own. */
declare module 'jstat' {
  interface Distribution {
    cdf(value: number, degreesOfFreedom: number): number;
    inv(probability: number, degreesOfFreedom: number): number;
  }
  const jStat: { readonly studentt: Distribution; readonly chisquare: Distribution };
  export default { jStat };
}
