import type { RawRequest } from './calls.js';

const verbs: Readonly<Record<string, string>> = {
  POST: 'Create',
  GET: 'Get',
  PUT: 'Update',
  DELETE: 'Delete',
};

/** The operation of EventBridge Scheduler that a request is: https://docs.aws.amazon.com/scheduler/latest/APIReference/ */
export function schedulerAction({ method, path, body }: RawRequest): {
  action: string;
  parameters: Record<string, unknown>;
} {
  const url = new URL(path, 'http://scheduler');
  const [, , name] = url.pathname.split('/');
  const asked = Object.fromEntries(url.searchParams);
  if (name === undefined) return { action: 'ListSchedules', parameters: asked };
  const text = body.toString();
  const given = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const parameters = { ...asked, ...given, Name: decodeURIComponent(name) };
  return { action: `${verbs[method] ?? method}Schedule`, parameters };
}
