import { messageOf } from '@loadwright/core/fleet';

/** What an error of the SDK says about the call. */
interface ServiceError {
  readonly name?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly $fault?: string;
}

/** The code that the service gave: `UnauthorizedOperation`. Empty for what never reached one. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name, Code, $metadata } = error as ServiceError;
  return $metadata === undefined ? '' : (Code ?? name ?? '');
}

/**
 * May the call have had an effect although it failed? Nobody answered, or the answer was that something went wrong on the
 * other side. Throttled calls and refusals have had none; but what is known of a call that was repeated is the last answer.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { $metadata, name } = error as ServiceError;
  if (name === 'AbortError') return true;
  const status = $metadata?.httpStatusCode;
  if (status === undefined) return isNetworkError(error);
  if (($metadata?.attempts ?? 1) > 1) return true;
  return status >= 500 && !/throttl|requestlimit|slowdown|capacity/i.test(codeOf(error));
}

/** Codes of `net`, `dns`, `tls` and our own client, and the SDK's own `TimeoutError`. */
function isNetworkError(error: object): boolean {
  const { code, name, cause } = error as { code?: string; name?: string; cause?: unknown };
  if (name === 'TimeoutError' || /^E[A-Z]+$/.test(code ?? '')) return true;
  return typeof cause === 'object' && cause !== null && isNetworkError(cause);
}

/** The services have a name each for what is not there. */
const absent =
  /^(NoSuchEntity(Exception)?|NoSuchBucket|NotFound|ParameterNotFound|ResourceNotFoundException|(Cluster|Image|Repository|Service)NotFoundException|ServiceNotActiveException|Invalid(Group|GroupId|SecurityGroupID|InstanceID|Volume|NetworkInterfaceID)\.NotFound)$/;

/** There is no such thing, or AWS does not show it yet. */
export function isAbsent(error: unknown): boolean {
  return absent.test(codeOf(error));
}

const present =
  /^(EntityAlreadyExists(Exception)?|InvalidGroup\.Duplicate|InvalidPermission\.Duplicate|BucketAlreadyOwnedByYou|ParameterAlreadyExists|ConflictException|(Repository|Resource)AlreadyExistsException)$/;

/** An earlier attempt of the same step took effect: names hold the fleet id, so nobody else's is meant. */
export function isPresent(error: unknown): boolean {
  return present.test(codeOf(error));
}

/** The caller may not do this; S3 says no more of it to HEAD, and some services say it with the status 400. */
export function isForbidden(error: unknown): boolean {
  const status = (error as ServiceError | undefined)?.$metadata?.httpStatusCode;
  return status === 403 || codeOf(error).startsWith('AccessDenied');
}

/** The service has answered that it does not take the call as it is. */
export function isRefusal(error: unknown): boolean {
  const status = (error as ServiceError | undefined)?.$metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}

/** The service is still busy with another call on the same thing: of S3, CloudWatch, the Parameter Store, IAM, ECS. */
export function isConflict(error: unknown): boolean {
  return (
    /^(OperationAborted(Exception)?|TooManyUpdates|ConcurrentModification(Exception)?|UpdateInProgressException)$/.test(
      codeOf(error),
    ) || /too many concurrent attempts/i.test(messageOf(error))
  );
}

/**
 * ECS does not know yet what was made for the call a moment ago: a cluster, a task definition, or the role that AWS makes of itself
 * with the first cluster of an account.
 */
export function isTooEarlyForEcs(error: unknown): boolean {
  return (
    codeOf(error) === 'ClusterNotFoundException' ||
    /^task ?definition not found|unable to assume the/i.test(messageOf(error))
  );
}

/** The answer, or undefined when there is no such thing. */
export async function unlessAbsent<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Waits for the call; that it was made before is no error. */
export async function unlessPresent(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isPresent(error)) throw error;
  }
}
