import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PbfReader } from 'pbf';
import snappy from 'snappyjs';

/** One request that a receiver got. */
export interface Received {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A receiver over HTTP that keeps what it got. */
export async function httpReceiver(answer: (received: Received) => number | Promise<number> = () => 204) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
      void Promise.resolve(answer(one)).then((status) => {
        if (status < 300) received.push(one);
        response.writeHead(status).end(status < 300 ? undefined : 'as it was told');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, received },
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A receiver over UDP that keeps what it got. */
export async function udpReceiver() {
  const datagrams: string[] = [];
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8_000_000 });
  socket.on('message', (message) => datagrams.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    ...{ url: `udp://127.0.0.1:${socket.address().port}`, datagrams },
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** A sample of a remote write. */
export interface WrittenSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly time: number;
}

/** Reads a `prometheus.WriteRequest`. */
export function readWriteRequest(body: Uint8Array): WrittenSample[] {
  return new PbfReader(snappy.uncompress(new Uint8Array(body))).readFields<WrittenSample[]>(
    (_, samples, reader) => {
      const series = reader.readMessage(readSeries, { labels: {}, value: Number.NaN, time: 0 });
      samples.push(series);
    },
    [],
  );
}

interface Written {
  labels: Record<string, string>;
  value: number;
  time: number;
}

function readSeries(tag: number, series: Written, reader: PbfReader): void {
  if (tag === 1) {
    const label = reader.readMessage(
      (field: number, pair: string[], inner: PbfReader) => {
        pair[field - 1] = inner.readString();
      },
      ['', ''],
    );
    series.labels[label[0]!] = label[1]!;
  } else {
    reader.readMessage((field: number, _: Written, inner: PbfReader) => {
      if (field === 1) series.value = inner.readDouble();
      else series.time = inner.readVarint(true);
    }, series);
  }
}
