/** A number as people write it, in decimal digits, or undefined when the text is something else: `0x10`, `1_000`, nothing. */
export function parseNumber(text: string): number | undefined {
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
}
