import { z } from 'zod';
import { secretText } from '../rest/headers.js';
import { checkRestOptions, restShape, type RestWords } from '../rest/options.js';

/** After so long API Gateway ends a request with its own 504, unless its quota was raised; in seconds. */
export const gatewayLimitSeconds = 29;

/**
 * The largest body that API Gateway takes, in bytes.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
export const gatewayLimitBytes = 10 * 1024 * 1024;

/** Names, defaults and descriptions of the kind `chalice`. */
export const chaliceWords: RestWords = {
  baseUrl:
    'URL of the API with its stage: https://{id}.execute-api.{region}.amazonaws.com/api. Chalice local has no stage',
  route: '/evaluate',
  requestName: 'evaluate',
  timeout: '32s',
  aboutTimeout: 'time until an unanswered request fails. API Gateway itself answers 504 after 29 s',
  tokenVariable: 'LOADWRIGHT_CHALICE_BEARER_TOKEN',
};

/** Host of an API of API Gateway, with its region. */
const gatewayHost = /\.execute-api(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.(?:com(?:\.cn)?|eu)$/;

export const chaliceOptionsSchema = z
  .strictObject({
    ...restShape(chaliceWords),
    authentication: z
      .enum(['none', 'api-key', 'bearer', 'cognito', 'iam'])
      .optional()
      .describe(
        'how requests are authenticated; iam: signed with SigV4 for execute-api. Default: by apiKey, bearerToken or cognito when given, otherwise none',
      ),
    apiKey: secretText
      .optional()
      .describe('API key, sent as x-api-key. Default: the variable LOADWRIGHT_CHALICE_API_KEY'),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'must be a region of AWS, such as eu-west-1')
      .optional()
      .describe('iam only: region that requests are signed for. Default: the one in baseUrl'),
    profile: z
      .string()
      .min(1)
      .optional()
      .describe('iam only: profile of ~/.aws whose credentials sign. Default: those of the environment'),
    accountId: z
      .string()
      .regex(/^\d{12}$/, 'must be the 12 digits of an account')
      .optional()
      .describe('iam only: account of the API, which narrows the permissions of the load generators'),
  })
  .superRefine((options, context) => {
    checkRestOptions(options, context, chaliceWords);
    const issue = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (options.authentication === 'none' && options.apiKey !== undefined) {
      issue('apiKey', 'has no effect with authentication none');
    }
    if (options.authentication !== 'iam') {
      for (const field of ['region', 'profile', 'accountId'] as const) {
        if (options[field] !== undefined) issue(field, 'has an effect with authentication iam alone');
      }
    } else {
      if (options.bearerToken !== undefined) issue('bearerToken', 'cannot be sent with authentication iam');
      if (regionOf(options) === undefined) issue('region', 'must be given: baseUrl does not hold it');
    }
    for (const name of Object.keys(options.secretHeaders)) {
      const isUsed = { 'x-api-key': usesApiKey(options), authorization: options.authentication === 'iam' };
      if (isUsed[name.toLowerCase() as keyof typeof isUsed]) {
        context.addIssue({
          code: 'custom',
          path: ['secretHeaders', name],
          message: 'is set by authentication already: give one of the two',
        });
      }
    }
  });

export type ChaliceInput = z.input<typeof chaliceOptionsSchema>;
export type ChaliceOptions = z.output<typeof chaliceOptionsSchema>;

/** Whether requests carry an API key. */
export function usesApiKey({
  apiKey,
  authentication,
}: Pick<ChaliceOptions, 'apiKey' | 'authentication'>): boolean {
  return authentication === 'api-key' || apiKey !== undefined;
}

/** The region that requests are signed for. Undefined: nothing says it. */
export function regionOf({
  baseUrl,
  region,
}: Pick<ChaliceOptions, 'baseUrl' | 'region'>): string | undefined {
  return region ?? (URL.canParse(baseUrl) ? gatewayHost.exec(new URL(baseUrl).hostname)?.[1] : undefined);
}

/** Whether it is API Gateway itself that answers. */
export function isGateway({ baseUrl }: Pick<ChaliceOptions, 'baseUrl'>): boolean {
  return gatewayHost.test(new URL(baseUrl).hostname);
}
