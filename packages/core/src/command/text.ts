/**
 * What the command needs to print anything: the little that it loads before it knows what it is asked for. Nothing
 * here may lead to a library.
 */
export { createCautiousRedactor, withoutCredentials } from '../secrets/redactor.js';
export { withoutLogins } from '../secrets/names.js';
export { formatDuration } from '../values/format-duration.js';
export { parseNumber } from '../values/parse-number.js';
export { printable, printableInColour } from '../values/printable.js';
export { loadwrightVersion } from '../version.js';
export { longestWait, type Wait } from '../waiting.js';
export { namedElsewhere } from '../values/other-tools.js';
