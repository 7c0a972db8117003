import { Buffer } from 'node:buffer';
import type { PayloadRecord } from '../target/contract.js';

/** The bytes of a payload as the Python files send them: compact JSON, UTF-8 text, or what the base64 holds. */
export function payloadBytes(record: PayloadRecord): Buffer {
  if (record.base64 !== undefined) return Buffer.from(record.base64, 'base64');
  return Buffer.from(record.text ?? JSON.stringify(record.json));
}
