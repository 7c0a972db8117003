import { setMaxListeners } from 'node:events';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { whileWaiting } from '@loadwright/core/fleet';
import { credentialsOf } from './credentials.js';
import type { FleetName } from './fleet-identity.js';
import type { AwsSettings } from './settings.js';

/** Every client of the SDK that Loadwright uses, made in one place: same credentials, retries, endpoint and signal. */
export class Aws {
  readonly ec2: EC2Client;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly iam: IAMClient;
  readonly logs: CloudWatchLogsClient;
  /** In us-east-1, where the price list is. */
  readonly pricing: PricingClient;
  readonly quotas: ServiceQuotasClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  readonly settings: AwsSettings;
  /** Ends every call and every wait. */
  readonly signal: AbortSignal;
  readonly #handler: NodeHttpHandler;
  #account: Promise<string | undefined> | undefined;

  constructor(settings: AwsSettings, signal: AbortSignal) {
    this.settings = settings;
    this.signal = signal;
    // Every call and every wait listens to it.
    setMaxListeners(0, signal);
    const { region, endpoint, pace } = settings;
    this.#handler = new SignalledHandler(signal, pace.silence);
    const common = {
      region,
      credentials: credentialsOf(settings),
      requestHandler: this.#handler,
      retryMode: 'adaptive',
      maxAttempts: pace.attempts,
      ...(endpoint !== undefined && { endpoint }),
    };
    this.ec2 = new EC2Client(common);
    this.ecr = new ECRClient(common);
    this.ecs = new ECSClient(common);
    this.iam = new IAMClient(common);
    this.logs = new CloudWatchLogsClient(common);
    this.pricing = new PricingClient({ ...common, region: 'us-east-1' });
    this.quotas = new ServiceQuotasClient(common);
    // Path style where one address stands for all buckets: it has no names below it.
    this.s3 = new S3Client({ ...common, forcePathStyle: endpoint !== undefined });
    this.s3.middlewareStack.add(
      (next) => async (args) => {
        // Names of buckets are guessed by others too: whatever is sent goes to this account's own, or nowhere. ListBuckets
        // has no bucket, and CreateBucket no owner to expect.
        const input = args.input as { Bucket?: string; ExpectedBucketOwner?: string | undefined };
        if (input.Bucket === undefined || 'CreateBucketConfiguration' in input) return next(args);
        return next({ ...args, input: { ...args.input, ExpectedBucketOwner: await this.#ownAccount() } });
      },
      { name: 'expectOwnBucket', step: 'initialize' },
    );
    this.scheduler = new SchedulerClient(common);
    this.ssm = new SSMClient(common);
    this.sts = new STSClient(common);
  }

  /** Id of the account, asked for once. */
  #ownAccount(): Promise<string | undefined> {
    this.#account ??= this.sts.send(new GetCallerIdentityCommand({})).then(({ Account }) => Account);
    this.#account.catch(() => (this.#account = undefined));
    return this.#account;
  }

  /** The name of a fleet of this kind. */
  fleet(fleetId: string): FleetName {
    return { fleetKind: this.settings.fleetKind, fleetId };
  }

  /** Closes the connections. */
  close(): void {
    this.#handler.destroy();
  }
}

/** So many silences long a host may give no answer at all: then a person is informed, rather than kept waiting. */
const mostSilences = 2;

/** Of a connection that ended; the SDK calls them by the same name as a silence. */
const brokenConnection = new Set(['ECONNRESET', 'EPIPE']);

/** Gives every request the same signal, so that calls need not pass it; what fails says where it went. */
class SignalledHandler extends NodeHttpHandler {
  readonly #signal: AbortSignal;
  readonly #silence: number;
  /** By host: when the first attempt began of those that nobody answered, whichever calls they are of. */
  readonly #silentSince = new Map<string, number>();

  constructor(signal: AbortSignal, silence: number) {
    // Not requestTimeout, which only warns, or would end a long upload that is under way.
    super({ connectionTimeout: 10_000, socketTimeout: silence });
    this.#signal = signal;
    this.#silence = silence;
  }

  override async handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
    const given = options?.abortSignal as AbortSignal | undefined;
    const abortSignal = given ? AbortSignal.any([given, this.#signal]) : this.#signal;
    const { protocol, hostname, port } = request;
    const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    const began = performance.now();
    try {
      const answer = await whileWaiting(`AWS (${url})`, () =>
        super.handle(request, { ...options, abortSignal }),
      );
      this.#silentSince.delete(url);
      return answer;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      Object.assign(error, { url });
      const code = 'code' in error ? String(error.code) : '';
      if (error.name !== 'TimeoutError' || brokenConnection.has(code)) throw error;
      const since = Math.min(began, this.#silentSince.get(url) ?? began);
      this.#silentSince.set(url, since);
      if (performance.now() - since < mostSilences * this.#silence) throw error;
      // The SDK asks again after a TimeoutError. Whoever is silent for so long is not there.
      throw Object.assign(new Error(`${url} did not answer`), { code: 'ESILENT', url });
    }
  }
}
