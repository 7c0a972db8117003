import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

/** A piece of an answer. */
export function partFrame(payload: Buffer): Buffer {
  const headers = {
    ':event-type': 'PayloadPart',
    ':content-type': 'application/octet-stream',
    ':message-type': 'event',
  };
  return frame(headers, payload);
}

/** An error within a stream. */
export function exceptionFrame(type: string, document: object): Buffer {
  const headers = {
    ':exception-type': type,
    ':content-type': 'application/json',
    ':message-type': 'exception',
  };
  return frame(headers, Buffer.from(JSON.stringify(document)));
}

/**
 * A message of the event stream encoding: lengths and their checksum, headers, payload, and the checksum of it all
 * (https://smithy.io/2.0/aws/amazon-eventstream.html).
 */
function frame(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const block = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + block.length + payload.length, 0);
  prelude.writeUInt32BE(block.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), block, payload]);
  return Buffer.concat([message, checksum(message)]);
}

function header(name: string, value: string): Buffer {
  // 7: a string, with its length in two bytes.
  const length = Buffer.from([7, value.length >> 8, value.length & 0xff]);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
