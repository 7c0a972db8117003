import type { failureKinds } from '@loadwright/core/command';
import type { Explanation } from './explanation.js';

const samples = 'Read what the service said: the failure samples of the report, or `failures.jsonl`.';

/** Those of every target, and of one. */
type FailureKind = (typeof failureKinds)[number] | 'cold-start' | 'async-failed';

/** Every kind by which a request fails. */
export const failureExplanations: Readonly<Record<FailureKind, Explanation>> = {
  connect: {
    meaning: 'No connection was made: refused, unknown name, no route, or the proxy refused.',
    causes: [
      'A wrong host or port.',
      'A firewall or security group.',
      'More connections than the service takes.',
    ],
    steps: ['Check the address from the machine of the workers.', 'Open fewer connections: fewer users.'],
    pages: ['how-to/requests-time-out.md', 'reference/answers.md'],
  },
  tls: {
    meaning: 'The connection could not be made secure.',
    causes: ['A private authority.', 'A certificate for another host, or one that is out of date.'],
    steps: ['Give the authority with the option `tls.caFile`.', 'Check the scheme and the port.'],
    pages: ['how-to/certificate-is-not-trusted.md'],
  },
  timeout: {
    meaning: 'No connection, first byte or end came within the option `timeout`.',
    causes: [
      'The service is saturated.',
      'The time limit is shorter than an answer takes.',
      'A firewall drops connections.',
    ],
    steps: ['Look at p99 over time in the report.', 'Lower the load, or raise `timeout`.'],
    pages: ['how-to/requests-time-out.md'],
  },
  reset: {
    meaning: 'The connection was closed before the answer began.',
    causes: [
      'The service or a load balancer restarts, or is full.',
      'Its keep-alive time is shorter than the pause between requests.',
    ],
    steps: ['Look into the log of the service at that time.', 'Compare its keep-alive time with `waitTime`.'],
    pages: ['reference/answers.md'],
  },
  protocol: {
    meaning: 'What came is no valid answer of HTTP, or ended within the answer.',
    causes: ['A process that crashed within the answer.', 'The port speaks another protocol.'],
    steps: ['Look into the log of the service and of proxies before it.', 'Check port and scheme.'],
    pages: ['reference/answers.md'],
  },
  status: {
    meaning: 'The status of the answer is not one of `expect.status`.',
    causes: ['The service refused the request or failed.', 'Another status is right for this service.'],
    steps: [samples, 'If the status is right, name it in `expect.status`.'],
    pages: ['reference/answers.md'],
  },
  throttled: {
    meaning: 'The status is 429, or the service calls it throttling.',
    causes: ['The load is above a quota or the capacity of the service.'],
    steps: ['Find out which limit it is.', 'Lower the load, or have the limit raised.'],
    pages: ['how-to/requests-are-throttled.md'],
  },
  'cold-start': {
    meaning:
      'The model of a SageMaker multi-model endpoint is being loaded, and the request was refused until it is there.',
    causes: [
      'A model is asked for the first time, or was unloaded to make room for others.',
      'More models are in use than fit the memory of an instance: they displace each other all through the load.',
    ],
    steps: [
      'Send each model a few requests before the load, or leave the first seconds out with `load.warmUp`.',
      'Where it goes on: use more or larger instances, or fewer models an endpoint.',
    ],
    pages: ['reference/targets/sagemaker.md'],
  },
  'async-failed': {
    meaning:
      'The model failed a request for asynchronous inference of SageMaker: its failure location has an object.',
    causes: [
      'The model refuses the input, or runs out of memory or of time (`async.invocationTimeout`).',
      'The role of the endpoint may not read the input, or there is none at that location.',
      'The request waited in the queue for longer than `async.requestTtl`.',
    ],
    steps: [
      'Read what the model said: the failure samples of the report hold the objects of the first failures.',
      'Look into the log of the endpoint in CloudWatch, and at the S3FailurePath of its configuration.',
    ],
    pages: ['reference/targets/sagemaker.md'],
  },
  check: {
    meaning: 'The status is right, and something else of the answer is not.',
    causes: ['The service answers an error with status 200.', 'A check of `expect` does not fit the answer.'],
    steps: [samples, 'Compare it with `expect` of the target.'],
    pages: ['reference/answers.md'],
  },
  stream: {
    meaning: 'The stream of events holds an error, is cut off, or is not what `expect.stream` says.',
    causes: ['The model failed within the answer.', 'A proxy limits the time of a stream.'],
    steps: [samples, 'Look into the log of the service.'],
    pages: ['reference/answers.md', 'reference/token-metrics.md'],
  },
  extract: {
    meaning:
      'The answer is right, but a value that a later step of the flow takes was not found in it, or cannot be used. The flow ends there: its later steps are not due.',
    causes: [
      'The pointer, the header or the regular expression of `extract` does not fit the answer.',
      'The service leaves the value out of some answers, such as those of an empty list.',
      'The value is empty, longer than 16 KiB, or one that a header cannot carry.',
    ],
    steps: [
      'Compare `extract` of the step with what the service answers. Failure samples show no body here, for the value may be a secret.',
      'Check more of the answer with `expect`, so that wrong answers have different reasons.',
    ],
    pages: ['reference/targets/rest.md', 'reference/answers.md'],
  },
  size: {
    meaning: 'The body of the answer is larger than `maxAnswerBytes`.',
    causes: ['An answer that is larger than expected.'],
    steps: ['Raise `maxAnswerBytes` if the size is right, and give the workers the memory.'],
    pages: ['reference/answers.md'],
  },
  payload: {
    meaning: 'The payload could not be sent.',
    causes: [
      'A row that does not fit the target, such as one without a URL.',
      'A value that its place cannot carry: a line break in a header, nothing in a path, or half a character.',
    ],
    steps: ['Correct the row that the failure sample names.'],
    pages: ['reference/payloads.md'],
  },
  credentials: {
    meaning: 'There were no valid credentials when the request was due, so it was not sent.',
    causes: [
      'The service that gives them out failed for too long.',
      'The client may not ask for tokens any more.',
    ],
    steps: ['Read what that service answered: the reason has it.', 'Check the secret and its permissions.'],
    pages: ['how-to/databricks-refuses-token.md', 'explanation/secrets.md'],
  },
  target: {
    meaning: "The target's own Python code failed.",
    causes: ['An exception in `next_request` or in `check`.'],
    steps: ['Read the traceback in `locust_exceptions.csv` and in the logs of the workers.'],
    pages: ['reference/python-api.md'],
  },
  unfinished: {
    meaning: 'The load ended, and the grace period after it, before the answer or the result came.',
    causes: [
      'The service hangs.',
      'Answers take longer than `load.gracefulStop`.',
      'Of asynchronous inference: requests wait in the queue, or the endpoint has no S3FailurePath that says that they failed.',
    ],
    steps: ['Raise `load.gracefulStop` if answers take so long.', 'Look into the log of the service.'],
    pages: ['how-to/requests-time-out.md'],
  },
};
