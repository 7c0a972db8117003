/**
 * AWS does not show at once what it has made; after this long it does, in milliseconds. A minute is what it needs, see
 * `Pace.unknownOutcome`; the rest is for clocks that differ: signatures are good for five minutes either way.
 */
export const hiddenMilliseconds = 600_000;

/** No deployment takes longer until its machine is asked for, in milliseconds. */
export const deployMilliseconds = 3_600_000;
