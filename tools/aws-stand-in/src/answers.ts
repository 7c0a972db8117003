import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import type { Answer, Call } from './calls.js';

const builder = new XMLBuilder({});

export function xmlAnswer(document: object, status = 200): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${builder.build(document)}`);
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

export function jsonAnswer(content: object, status = 200, errorType?: string): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      ...(errorType && { 'x-amzn-errortype': errorType }),
    },
    body: Buffer.from(JSON.stringify(content)),
  };
}

/** An error in the protocol of the call's service. */
export function errorAnswer(call: Call, Code: string, Message: string, status = 400): Answer {
  const RequestId = randomUUID();
  switch (call.service) {
    case 'ec2':
      return xmlAnswer({ Response: { Errors: { Error: { Code, Message } }, RequestID: RequestId } }, status);
    case 'iam':
    case 'sts':
      return xmlAnswer({ ErrorResponse: { Error: { Type: 'Sender', Code, Message }, RequestId } }, status);
    case 's3':
      return xmlAnswer({ Error: { Code, Message, RequestId } }, status);
    default:
      return jsonAnswer({ __type: Code, message: Message }, status, Code);
  }
}

/** "Slow down", as each service says it; https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html. */
export function throttled(call: Call): Answer {
  switch (call.service) {
    case 'ec2':
      return errorAnswer(call, 'RequestLimitExceeded', 'Request limit exceeded.', 503);
    case 's3':
      return errorAnswer(call, 'SlowDown', 'Please reduce your request rate.', 503);
    case 'iam':
    case 'sts':
      return errorAnswer(call, 'Throttling', 'Rate exceeded');
    // https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
    case 'servicequotas':
      return errorAnswer(call, 'TooManyRequestsException', 'Rate exceeded');
    // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    case 'scheduler':
      return errorAnswer(call, 'ThrottlingException', 'Rate exceeded', 429);
    default:
      return errorAnswer(call, 'ThrottlingException', 'Rate exceeded');
  }
}

/** An error on AWS's side. */
export function internalError(call: Call): Answer {
  const codes: Record<string, string> = {
    iam: 'ServiceFailure',
    sts: 'InternalFailure',
    ec2: 'InternalError',
    s3: 'InternalError',
  };
  const code = codes[call.service] ?? 'InternalServerError';
  return errorAnswer(call, code, 'An internal error has occurred', 500);
}

/** A permission that is missing, as each service says it. */
export function denied(call: Call, action = call.name, resource = '*'): Answer {
  const who = `User: arn:aws:iam::123456789012:user/tester is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  switch (call.service) {
    case 'ec2':
      return errorAnswer(
        call,
        'UnauthorizedOperation',
        `You are not authorized to perform this operation. ${who}`,
        403,
      );
    case 's3':
      return call.name === 's3:DeleteObjects'
        ? noneDeleted(call, who)
        : errorAnswer(call, 'AccessDenied', who, 403);
    case 'iam':
    case 'sts':
      return errorAnswer(call, 'AccessDenied', who, 403);
    default:
      return errorAnswer(call, 'AccessDeniedException', who);
  }
}

/** Each object is refused on its own, in an answer that is no error: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
function noneDeleted({ request }: Call, Message: string): Answer {
  const keys = [...request.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key);
  const Errors = keys.map((Key) => ({ Key, Code: 'AccessDenied', Message }));
  return xmlAnswer({ DeleteResult: { Error: Errors } });
}
