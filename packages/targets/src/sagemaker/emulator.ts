import { randomBytes, randomUUID } from 'node:crypto';
import {
  durationSchema,
  parseDuration,
  type Emulator,
  type EmulatorDefinition,
} from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { z } from 'zod';
import { EmulatedQueue, queueOptionsSchema } from './async/emulated-queue.js';
import { EmulatedS3, s3Refusal } from './async/emulated-s3.js';
import { chatOptionsSchema, EmulatedChat } from '../emulation/emulated-chat.js';
import { verifyToken } from './openai/verify-token.js';
import { invokeContainer, type ContainerAnswer } from './emulated-container.js';
import { predict } from './emulated-model.js';
import { ControlPlane } from './emulated-scaling/control-plane.js';
import { EmulatedServerless, serverlessOptionsSchema } from './emulated-scaling/emulated-serverless.js';
import { EmulatedMetrics } from './emulated-scaling/metrics.js';
import { EmulatedScaling } from './emulated-scaling/emulated-scaling.js';
import { scalingOptionsSchema } from './emulated-scaling/options.js';
import { EmulatedTokenStream, streamOptionsSchema, type EmulatedStream } from './emulated-stream.js';
import { sagemakerOptionsSchema } from './options.js';
import { verifySignature, type AcceptedCredentials } from './verify-signature.js';

const { endpointName, region } = sagemakerOptionsSchema.shape;

const properties = capacityOptionsSchema.extend({
  endpointName: endpointName.default('loadwright-emulator').describe('name of the one endpoint that exists'),
  region: region.default('eu-west-1').describe('region that signatures must be scoped to'),
  variant: z.string().min(1).max(63).default('AllTraffic').describe('name of its production variant'),
  bodyLimitBytes: z
    .int()
    .min(1)
    .default(6 * 1024 * 1024)
    .describe('largest request body in bytes; SageMaker documents 6 MB'),
  credentialsLifetime: durationSchema()
    .optional()
    .describe('time after which the made-up credentials are refused as expired. Default: never'),
  clockOffsetSeconds: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(0)
    .describe("by how many seconds its clock is ahead of this machine's; signatures may be 300 s off"),
  modelErrorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of requests, evenly spread, that the model fails (424)'),
  modelLoadTime: durationSchema()
    .optional()
    .describe(
      'how long a model of a multi-model endpoint is loaded after it is first named: 429 until then. Default: not at all',
    ),
  container: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as http://127.0.0.1:8080' })
    .optional()
    .describe(
      'base URL of a model container: requests that SageMaker would accept are sent to its /invocations. Default: a made-up model answers',
    ),
  scaling: scalingOptionsSchema
    .optional()
    .describe(
      'the endpoint scales: it has instances of this capacity, and answers Application Auto Scaling, CloudWatch and SageMaker. Default: it does not',
    ),
  serverless: serverlessOptionsSchema
    .optional()
    .describe(
      'the endpoint is serverless: concurrency is its MaxConcurrency, no request waits, and cold starts take time. Default: it is not',
    ),
  async: queueOptionsSchema
    .prefault({})
    .describe(
      'how it answers InvokeEndpointAsync: results come into buckets of its own, behind the same address',
    ),
  chat: chatOptionsSchema
    .prefault({})
    .describe(
      'how it answers on the OpenAI-compatible route: as a language model that says the same again and again',
    ),
  stream: streamOptionsSchema
    .prefault({})
    .describe('how it answers InvokeEndpointWithResponseStream: as a language model, whatever the input'),
});

const emulatorOptionsSchema = properties.refine(({ scaling, serverless }) => !scaling || !serverless, {
  path: ['serverless'],
  error: 'cannot be given together with scaling: a serverless endpoint has no instances',
});

type SagemakerEmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/** The account that the emulator's messages speak of. */
const account = '123456789012';

/** As the SDK spells them in the variables that name an address. */
const controlServices = ['SAGEMAKER', 'APPLICATION_AUTO_SCALING', 'CLOUDWATCH', 'S3'];

const inferenceId = 'x-amzn-sagemaker-inference-id';
const mostInferenceIds = 10_000;

const route = /^\/endpoints\/([^/]+)\/(?:invocations(?:-response-stream)?|async-invocations)$/;
const chatRoute = /^\/endpoints\/([^/]+)\/(?:inference-components\/[^/]+\/)?openai\/v1\/chat\/completions$/;

/** It also reports what it streamed to the end. */
export interface SagemakerEmulator extends Emulator {
  streams(): readonly EmulatedStream[];
  /** Where inputs and results of asynchronous inference are. */
  readonly s3: EmulatedS3;
  /** Requests for asynchronous inference that were taken. */
  enqueued(): number;
  /** Inference ids of the requests that were taken: of the last 10,000, oldest first. */
  inferenceIds(): readonly string[];
  /** With the option `scaling`. */
  readonly scaling?: EmulatedScaling;
}

/** A loopback SageMaker runtime: signatures, errors, limits, throttling and latency of InvokeEndpoint. */
export const sagemakerEmulator: EmulatorDefinition = { options: emulatorOptionsSchema, start };

async function start(options: SagemakerEmulatorOptions): Promise<SagemakerEmulator> {
  const now = () => Date.now() + options.clockOffsetSeconds * 1000;
  const credentials = madeUpCredentials(options, now());
  const stream = new EmulatedTokenStream(options.stream);
  const scaling = options.scaling && new EmulatedScaling({ ...options, ...options.scaling });
  const serverless = options.serverless && new EmulatedServerless({ ...options, ...options.serverless });
  const metrics = new EmulatedMetrics(
    parseDuration(options.serviceTime)!,
    () => options.concurrency * (scaling?.size().serving ?? 1),
  );
  const controlPlane = new ControlPlane(options, metrics, scaling);
  const chat = new EmulatedChat(options.chat, '');
  const s3 = new EmulatedS3();
  const queue = new EmulatedQueue({ ...options, ...options.async }, s3);
  let invocations = 0;
  const modelsSince = new Map<string, number>();
  const inferenceIds: string[] = [];
  const checkedAt = new WeakMap<EmulatedRequest, number>();
  const setups = new WeakMap<EmulatedRequest, number>();
  const dated = (response: EmulatedResponse): EmulatedResponse => ({
    ...response,
    headers: { ...response.headers, Date: new Date(now()).toUTCString() },
  });

  async function answer(request: EmulatedRequest): Promise<EmulatedResponse> {
    invocations += 1;
    const failures = (count: number) => Math.floor(count * options.modelErrorRate);
    const isStream = request.path.endsWith('-response-stream');
    if (failures(invocations) > failures(invocations - 1)) {
      return modelError(options, 500, 'the model failed, as modelErrorRate asks');
    }
    const { body, headers } = request;
    if (chatRoute.test(request.path)) {
      return chat.taskOf(body.toString()) === 'chat'
        ? chat.answer('chat', request)
        : modelError(options, 400, 'the body holds no messages');
    }
    if (options.container !== undefined) {
      return ofContainer(options, await invokeContainer(options.container, { body, headers, isStream }));
    }
    const result = predict(body, headers['content-type']);
    if ('status' in result) return modelError(options, result.status, result.message);
    if (!isStream) return { status: 200, headers: invoked(options), body: result };
    return streamed(options, 'application/jsonlines', stream.answer(request.receivedAt));
  }

  /** It is answered at once: the queue has room for all. */
  function enqueue(request: EmulatedRequest): EmulatedResponse {
    const taken = queue.enqueue(request);
    if ('refusal' in taken) return refuse(400, 'ValidationError', taken.refusal);
    return { status: 202, headers: { ...requestId(), ...taken.headers }, body: taken.body };
  }

  function recordInference({ headers }: EmulatedRequest): void {
    const id = headers[inferenceId];
    if (id === undefined) return;
    inferenceIds.push(id);
    if (inferenceIds.length > mostInferenceIds) inferenceIds.shift();
  }

  async function check(request: EmulatedRequest): Promise<EmulatedResponse | undefined> {
    const service = controlPlane.serviceOf(request);
    if (service !== undefined) {
      const refused = await verifySignature(request, credentials, options.region, now(), service);
      return refused ? refuse(403, refused.type, refused.message) : controlPlane.answer(request);
    }
    if (scopeOf(request) === 's3') {
      const refused = await verifySignature(request, credentials, options.region, now(), 's3');
      return refused ? s3Refusal(refused) : s3.answer(request);
    }
    const chatsWith = chatRoute.exec(request.path)?.[1];
    if (chatsWith !== undefined && request.method === 'POST') {
      const refused = await verifyToken(request.headers['authorization'], credentials, options.region, now());
      if (refused) return refuse(403, refused.type, refused.message);
      return checkRequest(request, chatsWith, options);
    }
    const name = route.exec(request.path)?.[1];
    if (name === undefined || request.method !== 'POST') {
      return refuse(404, 'UnknownOperationException', 'Unable to determine operation');
    }
    const refusal = await verifySignature(request, credentials, options.region, now());
    if (refusal) return refuse(403, refusal.type, refusal.message);
    const refused = checkRequest(request, name, options) ?? notReady(request, options, modelsSince);
    if (refused === undefined) recordInference(request);
    return refused ?? (request.path.endsWith('/async-invocations') ? enqueue(request) : undefined);
  }

  const endpoint = await startLoopbackEndpoint({
    capacity: options,
    check: async (request) => {
      const refused = await check(request);
      checkedAt.set(request, performance.now());
      return refused && dated(refused);
    },
    answer: async (request) => {
      const response = await answer(request);
      const checked = checkedAt.get(request)!;
      const setup = setups.get(request);
      metrics.record({
        at: Date.now(),
        overhead: checked - request.receivedAt + (setup ?? 0),
        latency: performance.now() - checked - (setup ?? 0),
        ...{ status: response.status, setup },
      });
      return dated(response);
    },
    ...(scaling && { admit: (at: number) => scaling.admit(at) }),
    ...(serverless && {
      admit: (at: number, request: EmulatedRequest) => {
        const admission = serverless.admit(at);
        if (admission?.setup !== undefined) setups.set(request, admission.setup);
        return admission?.due;
      },
    }),
    throttled: () => dated(refuse(400, 'ThrottlingException', null)),
  });

  return {
    url: endpoint.url,
    targetOptions: {
      endpointName: options.endpointName,
      region: options.region,
      baseUrl: endpoint.url,
      s3BaseUrl: endpoint.url,
      ...(options.scaling?.inferenceComponent !== undefined && {
        inferenceComponent: options.scaling.inferenceComponent,
      }),
      // What leads elsewhere must not stay when these options are laid over a user's own.
      profile: undefined,
      fips: undefined,
    },
    environment: {
      // An empty AWS_PROFILE counts as none: a profile would be preferred over these credentials.
      AWS_PROFILE: '',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      ...Object.fromEntries(controlServices.map((name) => [`AWS_ENDPOINT_URL_${name}`, endpoint.url])),
    },
    statistics: endpoint.statistics,
    streams: () => [...stream.streams, ...chat.streams],
    s3,
    enqueued: () => queue.enqueued,
    inferenceIds: () => [...inferenceIds],
    ...(scaling && { scaling }),
    stop: () => {
      queue.stop();
      return endpoint.stop();
    },
  };
}

function invoked({ variant }: SagemakerEmulatorOptions): Record<string, string> {
  return { ...requestId(), 'x-amzn-Invoked-Production-Variant': variant };
}

function streamed(
  options: SagemakerEmulatorOptions,
  contentType: string,
  chunks: AsyncIterable<Buffer>,
): EmulatedResponse {
  const types = {
    'content-type': 'application/vnd.amazon.eventstream',
    'X-Amzn-SageMaker-Content-Type': contentType,
  };
  return { status: 200, headers: { ...invoked(options), ...types }, chunks };
}

/** What SageMaker makes of a container's answer. */
function ofContainer(options: SagemakerEmulatorOptions, answer: ContainerAnswer): EmulatedResponse {
  if ('failedStatus' in answer) return modelError(options, answer.failedStatus, answer.message);
  if ('chunks' in answer) return streamed(options, answer.contentType, answer.chunks);
  const { body, contentType, customAttributes } = answer;
  const own: Record<string, string> =
    customAttributes === undefined ? {} : { 'X-Amzn-SageMaker-Custom-Attributes': customAttributes };
  return { status: 200, headers: { ...invoked(options), ...own, 'content-type': contentType }, body };
}

function madeUpCredentials(
  { credentialsLifetime }: SagemakerEmulatorOptions,
  now: number,
): AcceptedCredentials {
  return {
    accessKeyId: `EMULATED${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
    ...(credentialsLifetime === undefined
      ? {}
      : { expiration: new Date(now + parseDuration(credentialsLifetime)! * 1000) }),
  };
}

/** What SageMaker looks at before it hands the request to the model. */
function checkRequest(
  { body, headers }: EmulatedRequest,
  encodedName: string,
  { bodyLimitBytes, endpointName, variant, scaling }: SagemakerEmulatorOptions,
): EmulatedResponse | undefined {
  if (body.length > bodyLimitBytes) {
    const message = `HTTP content length exceeded ${bodyLimitBytes} bytes.`;
    return refuse(413, 'RequestEntityTooLargeException', message);
  }
  if (encodedName !== endpointName) {
    return refuse(400, 'ValidationError', `Endpoint ${encodedName} of account ${account} not found.`);
  }
  const id = headers[inferenceId];
  if (id !== undefined && !/^\S[\x20-\x7e]{0,63}$/.test(id)) {
    return refuse(400, 'ValidationError', `Inference ID "${id}" is not of 1 to 64 printable characters`);
  }
  const wanted = headers['x-amzn-sagemaker-target-variant'];
  if (wanted !== undefined && wanted !== variant) {
    return refuse(400, 'ValidationError', `Variant ${wanted} not found for Request`);
  }
  const component = headers['x-amzn-sagemaker-inference-component'];
  if (scaling?.inferenceComponent !== undefined && component !== scaling.inferenceComponent) {
    const message =
      component === undefined
        ? 'Inference Component Name header is required for endpoints to which you plan to deploy inference components.'
        : `Inference Component ${component} not found for Request`;
    return refuse(400, 'ValidationError', message);
  }
  return undefined;
}

/** A multi-model endpoint loads a model when it is named for the first time. */
function notReady(
  { headers }: EmulatedRequest,
  { modelLoadTime }: SagemakerEmulatorOptions,
  since: Map<string, number>,
): EmulatedResponse | undefined {
  const model = headers['x-amzn-sagemaker-target-model'];
  if (model === undefined || modelLoadTime === undefined) return undefined;
  const now = performance.now();
  const began = since.get(model) ?? now;
  since.set(model, began);
  if (now - began >= parseDuration(modelLoadTime)! * 1000) return undefined;
  return refuse(429, 'ModelNotReadyException', `The model ${model} is being loaded.`);
}

function modelError(
  { endpointName, region, variant }: SagemakerEmulatorOptions,
  status: number,
  message: string,
): EmulatedResponse {
  const kind = status >= 400 && status < 500 ? 'client' : 'server';
  return refuse(
    424,
    'ModelError',
    `Received ${kind} error (${status}) from ${variant} with message "${message}".`,
    {
      OriginalStatusCode: status,
      OriginalMessage: message,
      LogStreamArn: `arn:aws:logs:${region}:${account}:log-group:/aws/sagemaker/Endpoints/${endpointName}`,
    },
  );
}

/** An error in the form of AWS's REST services: the type in a header, the message in the body. */
function refuse(
  status: number,
  type: string,
  message: string | null,
  details: Readonly<Record<string, unknown>> = {},
): EmulatedResponse {
  // Only a modelled error spells its message with a capital letter.
  const text = type === 'ModelError' ? { Message: message } : { message };
  return { status, headers: { ...requestId(), 'x-amzn-ErrorType': type }, body: { ...text, ...details } };
}

/** The service that a request was signed for. */
function scopeOf({ headers }: EmulatedRequest): string | undefined {
  return /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers['authorization'] ?? '')?.[1];
}

function requestId(): Record<string, string> {
  return { 'x-amzn-RequestId': randomUUID() };
}
