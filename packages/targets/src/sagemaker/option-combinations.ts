import { notWithAsync } from './async/options.js';
import { partitionOf } from './partition.js';

/** Each names the model of a multi-model endpoint by itself. */
const modelOptions = ['targetModel', 'targetModels', 'targetModelFrom'];

/** Headers of InvokeEndpoint alone; whether an answer is a stream is said by the body. */
const notWithOpenAi = [
  ...['async', 'stream', ...modelOptions, 'targetVariant', 'targetContainer'],
  ...['sessionId', 'customAttributes', 'inferenceId'],
];

type Given = Readonly<Record<string, unknown>> & { readonly region: string };

interface Context {
  addIssue(issue: { code: 'custom'; path: string[]; message: string }): void;
}

/** What options say together. */
export function checkCombinations(options: Given, context: Context): void {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const isGiven = (path: string) => options[path] !== undefined && options[path] !== false;

  const models = modelOptions.filter(isGiven);
  if (isGiven('stream') && models[0] !== undefined) {
    refuse(
      models[0],
      'cannot be called with a stream: the model of a multi-model endpoint answers as a whole',
    );
  }
  if (isGiven('stream') && options['sessionId'] === 'NEW_SESSION') {
    refuse('sessionId', 'cannot be NEW_SESSION with a stream: InvokeEndpoint alone begins sessions');
  }
  const [one, another] = models;
  if (another !== undefined) refuse(another, `give it or ${one}, not both`);
  if (isGiven('async')) {
    for (const path of notWithAsync.filter(isGiven)) {
      refuse(path, 'cannot be given with async: InvokeEndpointAsync has nothing of the kind');
    }
    const { json, text } = (options['expect'] ?? {}) as Readonly<Record<string, unknown>>;
    if (json !== undefined || text !== undefined) {
      refuse('expect', 'cannot look into results with async: they are counted in S3, and not downloaded');
    }
  }
  if (isGiven('openai')) {
    for (const path of notWithOpenAi.filter(isGiven)) {
      refuse(path, 'cannot be given with openai: that route has nothing of the kind');
    }
  }
  if (isGiven('fips') && isGiven('baseUrl')) {
    refuse('fips', 'has no effect beside baseUrl: give one of the two');
  }
  if (isGiven('fips') && partitionOf(options.region).id === 'aws-cn') {
    refuse('fips', 'there are no FIPS endpoints in the China regions');
  }
  if (isGiven('credentials') && isGiven('profile')) {
    refuse('profile', 'has no effect beside credentials: give one of the two');
  }
}
