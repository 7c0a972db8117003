/** What a command needs beside the rest: to load targets, and to print and write what others said. */
export {
  assertTarget,
  loadTarget,
  validateTargetFactory,
  type BuiltInTargets,
  type LoadTargetOptions,
} from '../plugins/load-target.js';
export {
  checkPayloads,
  writePayloads,
  type PayloadOptions,
  type WrittenPayloads,
} from '../payloads/write.js';
export { failureKinds } from '../locust/statistics.js';
export { validityRules } from '../judge/validity/index.js';
export { metrics as builtInMetrics } from '../judge/thresholds/metrics.js';
export { describeIssues } from '../validation/validate.js';
export { jsonSchemaOf, type JsonSchema } from '../values/json-schema.js';
export { collectSecrets, redactOptions } from '../secrets/options.js';
export {
  createCautiousRedactor,
  createRedactor,
  redactorOf,
  redactStrings,
  withoutCredentials,
} from '../secrets/redactor.js';
export { withoutLogins } from '../secrets/names.js';
export { printable, printableInColour } from '../values/printable.js';
export { parseRate } from '../values/rate.js';
export { writeWhole, writeWholeStream } from '../files.js';
export { longestWait, whileWaiting, type Wait } from '../waiting.js';
