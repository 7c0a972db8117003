/** Writes seconds as a duration: 5400 → `1h30m`, 0.25 → `250ms`. What took time is never written as 0. */
export function formatDuration(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  if (seconds > 0 && milliseconds < 1000) return `${Math.max(1, milliseconds)}ms`;
  const rounded = Math.round(seconds);
  const parts = [
    [Math.floor(rounded / 3600), 'h'],
    [Math.floor((rounded % 3600) / 60), 'm'],
    [rounded % 60, 's'],
  ] as const;
  return (
    parts
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => `${amount}${unit}`)
      .join('') || '0s'
  );
}
