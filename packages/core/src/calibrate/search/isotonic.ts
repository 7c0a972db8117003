/** Values that belong together after {@link isotonicFit}. */
interface Block {
  mean: number;
  weight: number;
  members: number;
}

/**
 * The non-decreasing values that are nearest to given ones, by pooling adjacent violators.
 *
 * With the weights of a distribution of the exponential family they are its maximum-likelihood estimates too: Barlow,
 * Bartholomew, Bremner, Brunk (1972), Statistical Inference under Order Restrictions, chapter 2.
 *
 * @param means In the order of what they may only grow with.
 * @param weights Above 0.
 */
export function isotonicFit(means: readonly number[], weights: readonly number[]): number[] {
  const blocks: Block[] = [];
  means.forEach((mean, index) => {
    blocks.push({ mean, weight: weights[index]!, members: 1 });
    while (blocks.length > 1 && blocks.at(-2)!.mean > blocks.at(-1)!.mean) {
      const [left, right] = blocks.splice(-2) as [Block, Block];
      const weight = left.weight + right.weight;
      blocks.push({
        mean: (left.mean * left.weight + right.mean * right.weight) / weight,
        weight,
        members: left.members + right.members,
      });
    }
  });
  return blocks.flatMap(({ mean, members }) => Array.from({ length: members }, () => mean));
}
