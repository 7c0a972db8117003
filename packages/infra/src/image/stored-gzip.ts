import { crc32 } from 'node:zlib';

/** The most that one stored block of deflate holds (RFC 1951, section 3.2.4). */
const mostOfBlock = 0xffff;

/** Magic number, method deflate, no flags, no time, no extra flags, system unknown (RFC 1952, section 2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/**
 * A gzip file that compresses nothing. Every registry takes it, its bytes follow from the contents alone, and no two
 * versions of zlib differ over them, which they do once they compress.
 */
export async function* storedGzip(contents: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield header;
  let checksum = 0;
  let length = 0;
  let block = Buffer.allocUnsafe(mostOfBlock);
  let filled = 0;
  for await (const chunk of contents) {
    checksum = crc32(chunk, checksum);
    length += chunk.length;
    for (let offset = 0; offset < chunk.length;) {
      // Where a block ends must not depend on the pieces that a file is read in.
      const taken = chunk.copy(block, filled, offset);
      offset += taken;
      filled += taken;
      if (filled < mostOfBlock) continue;
      yield blockHeader(filled, false);
      yield block;
      block = Buffer.allocUnsafe(mostOfBlock);
      filled = 0;
    }
  }
  yield blockHeader(filled, true);
  yield block.subarray(0, filled);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  yield trailer;
}

function blockHeader(length: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(isLast ? 1 : 0, 0);
  bytes.writeUInt16LE(length, 1);
  bytes.writeUInt16LE(~length & 0xffff, 3);
  return bytes;
}
