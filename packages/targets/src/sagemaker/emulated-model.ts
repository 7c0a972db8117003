import { createHash } from 'node:crypto';

/** What a model server answers: a prediction for each row, or a refusal with its own status. */
export type ModelAnswer =
  { readonly predictions: readonly number[] } | { readonly status: number; readonly message: string };

/** A stand-in for a model: the same row always gives the same prediction, a number from 0 to 1. */
export function predict(body: Buffer, contentType: string | undefined): ModelAnswer {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (!mediaType) return { status: 415, message: 'Content-Type is missing' };
  if (mediaType === 'text/csv') {
    const rows = body.toString().split(/\r?\n/);
    return { predictions: rows.filter((row) => row !== '').map(score) };
  }
  if (mediaType !== 'application/json') return { predictions: [score(body)] };
  try {
    const value = JSON.parse(body.toString()) as unknown;
    return { predictions: rowsOf(value).map((row) => score(JSON.stringify(row))) };
  } catch {
    return { status: 400, message: 'the body is not JSON' };
  }
}

function rowsOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const instances = (value as { instances?: unknown } | null)?.instances;
  return Array.isArray(instances) ? instances : [value];
}

function score(row: string | Buffer): number {
  return createHash('sha256').update(row).digest().readUInt32BE(0) / 0xffff_ffff;
}
