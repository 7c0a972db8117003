/** Types of the table of prices: the guide's, the default with its smallest and greatest sizes, and a Graviton. */
export const publishedTypes = [
  'c5.4xlarge',
  'c5.24xlarge',
  'c7i.large',
  'c7i.4xlarge',
  'c7i.24xlarge',
  'c7g.4xlarge',
] as const;

/** US dollars an hour of these types, as the sources that the table names print them, copied once more by hand. */
export const publishedPrices: Readonly<Record<string, readonly number[]>> = {
  'us-east-1': [0.68, 4.08, 0.08925, 0.714, 4.284, 0.58],
  'eu-west-1': [0.768, 4.608, 0.09576, 0.76608, 4.59648, 0.6202],
  'ap-northeast-1': [0.856, 5.136, 0.11235, 0.8988, 5.3928, 0.7277],
};
