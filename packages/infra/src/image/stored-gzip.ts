import { crc32 } from 'node:zlib';

/** The most that one stored block of deflate holds (RFC 1951, section 3.2.4). */
const mostOfBlock = 0xffff;

/** Magic number, method deflate, no flags, no time, no extra flags, system unknown (RFC 1952, section 2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** Of a block. */
const headerBytes = 5;

/**
 * A gzip file that compresses nothing. Every registry accepts it, and its bytes follow from the content alone: compressed
 * bytes differ between versions of zlib.
 *
 * @returns pieces, each of which is valid until the next one is asked for: they share their memory
 */
export async function* storedGzip(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield header;
  const block = Buffer.alloc(headerBytes + mostOfBlock);
  let filled = 0;
  let checksum = 0;
  let length = 0;
  const finish = (isLast: boolean) => {
    block.writeUInt8(isLast ? 1 : 0, 0);
    block.writeUInt16LE(filled, 1);
    block.writeUInt16LE(~filled & 0xffff, 3);
    return block.subarray(0, headerBytes + filled);
  };
  for await (const piece of content) {
    checksum = crc32(piece, checksum);
    length += piece.length;
    for (let offset = 0; offset < piece.length;) {
      // Where a block ends must not depend on the pieces that a file is read in.
      const taken = piece.copy(block, headerBytes + filled, offset);
      offset += taken;
      filled += taken;
      if (filled < mostOfBlock) continue;
      yield finish(false);
      filled = 0;
    }
  }
  yield finish(true);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  yield trailer;
}
