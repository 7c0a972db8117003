const blocks = '▁▂▃▄▅▆▇█';

/** The newest values as bars, measured against their own greatest; from zero. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width).map((value) => (value > 0 ? value : 0));
  const greatest = Math.max(...shown, 0);
  return shown
    .map((value) => blocks[greatest === 0 ? 0 : Math.round((value / greatest) * (blocks.length - 1))])
    .join('');
}

/** A bar of a width, filled to a part between 0 and 1. */
export function progressBar(part: number, width: number): { filled: string; empty: string } {
  const count = Math.round(Math.min(1, Math.max(0, part)) * width);
  return { filled: '━'.repeat(count), empty: '─'.repeat(width - count) };
}
