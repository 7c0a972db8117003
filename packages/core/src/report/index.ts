export { errorHint } from './error-hints.js';
export { renderReportHtml } from './html.js';
export { renderJunit } from './junit.js';
export { parseRunReport, runReportJsonSchema } from './parse.js';
export type * from './summary.js';
