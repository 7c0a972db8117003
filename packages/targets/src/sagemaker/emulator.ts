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
import { invokeContainer, type ContainerAnswer } from './emulated-container.js';
import { predict } from './emulated-model.js';
import { ControlPlane } from './emulated-scaling/control-plane.js';
import { EmulatedScaling } from './emulated-scaling/emulated-scaling.js';
import { scalingOptionsSchema } from './emulated-scaling/options.js';
import { EmulatedTokenStream, streamOptionsSchema, type EmulatedStream } from './emulated-stream.js';
import { sagemakerOptionsSchema } from './options.js';
import { verifySignature, type AcceptedCredentials } from './verify-signature.js';

const { endpointName, region } = sagemakerOptionsSchema.shape;

const emulatorOptionsSchema = capacityOptionsSchema.extend({
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
  clockOffset: z
    .number()
    .min(-1e6)
    .max(1e6)
    .default(0)
    .describe("seconds by which its clock is ahead of this machine's; signatures may be 300 s off"),
  modelErrorRate: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('share of requests, evenly spread, that the model fails (424)'),
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
  stream: streamOptionsSchema
    .prefault({})
    .describe('how it answers InvokeEndpointWithResponseStream: as a language model, whatever the input'),
});

type SagemakerEmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/** The account that the emulator's messages speak of. */
const account = '123456789012';

/** As the SDK spells them in the variables that name an address. */
const controlServices = ['SAGEMAKER', 'APPLICATION_AUTO_SCALING', 'CLOUDWATCH'];

const route = /^\/endpoints\/([^/]+)\/invocations(-response-stream)?$/;

/** It also tells what it streamed to the end. */
export interface SagemakerEmulator extends Emulator {
  streams(): readonly EmulatedStream[];
  /** With the option `scaling`. */
  readonly scaling?: EmulatedScaling;
}

/** A loopback SageMaker runtime: signatures, errors, limits, throttling and latency of InvokeEndpoint. */
export const sagemakerEmulator: EmulatorDefinition = { options: emulatorOptionsSchema, start };

async function start(options: SagemakerEmulatorOptions): Promise<SagemakerEmulator> {
  const now = () => Date.now() + options.clockOffset * 1000;
  const credentials = madeUpCredentials(options, now());
  const stream = new EmulatedTokenStream(options.stream);
  const scaling = options.scaling && new EmulatedScaling({ ...options, ...options.scaling });
  const controlPlane = scaling && new ControlPlane(scaling);
  let invocations = 0;
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
    if (options.container !== undefined) {
      return ofContainer(options, await invokeContainer(options.container, { body, headers, isStream }));
    }
    const result = predict(body, headers['content-type']);
    if ('status' in result) return modelError(options, result.status, result.message);
    if (!isStream) return { status: 200, headers: invoked(options), body: result };
    return streamed(options, 'application/jsonlines', stream.answer(request.receivedAt));
  }

  async function check(request: EmulatedRequest): Promise<EmulatedResponse | undefined> {
    const service = controlPlane?.serviceOf(request);
    if (service !== undefined) {
      const refused = await verifySignature(request, credentials, options.region, now(), service);
      return refused ? refuse(403, refused.type, refused.message) : controlPlane!.answer(request);
    }
    const name = route.exec(request.path)?.[1];
    if (name === undefined || request.method !== 'POST') {
      return refuse(404, 'UnknownOperationException', 'Unable to determine operation');
    }
    const refusal = await verifySignature(request, credentials, options.region, now());
    if (refusal) return refuse(403, refusal.type, refusal.message);
    return checkRequest(request, name, options);
  }

  const endpoint = await startLoopbackEndpoint({
    capacity: options,
    check: async (request) => {
      const refused = await check(request);
      return refused && dated(refused);
    },
    answer: async (request) => dated(await answer(request)),
    ...(scaling && { admit: (at: number) => scaling.admit(at) }),
    throttled: () => dated(refuse(400, 'ThrottlingException', null)),
  });

  return {
    url: endpoint.url,
    targetOptions: {
      endpointName: options.endpointName,
      region: options.region,
      baseUrl: endpoint.url,
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
      ...(scaling &&
        Object.fromEntries(
          controlServices.map((name) => [`AWS_ENDPOINT_URL_${name}`, endpoint.url] as const),
        )),
    },
    statistics: endpoint.statistics,
    streams: () => stream.streams,
    ...(scaling && { scaling }),
    stop: endpoint.stop,
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
  { bodyLimitBytes, endpointName, variant }: SagemakerEmulatorOptions,
): EmulatedResponse | undefined {
  if (body.length > bodyLimitBytes) {
    const message = `HTTP content length exceeded ${bodyLimitBytes} bytes.`;
    return refuse(413, 'RequestEntityTooLargeException', message);
  }
  if (encodedName !== endpointName) {
    return refuse(400, 'ValidationError', `Endpoint ${encodedName} of account ${account} not found.`);
  }
  const wanted = headers['x-amzn-sagemaker-target-variant'];
  if (wanted !== undefined && wanted !== variant) {
    return refuse(400, 'ValidationError', `Variant ${wanted} not found for Request`);
  }
  return undefined;
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

function requestId(): Record<string, string> {
  return { 'x-amzn-RequestId': randomUUID() };
}
