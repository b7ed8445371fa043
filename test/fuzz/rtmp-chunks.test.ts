import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { writeBasicHeader } from '../../gateway/protocols/rtmp/chunk-header.ts';
import { ChunkReader } from '../../gateway/protocols/rtmp/chunk-reader.ts';
import {
  ChunkWriter,
  messageSize,
  writeMessage,
} from '../../gateway/protocols/rtmp/chunk-writer.ts';
import { abort, setChunkSize } from '../../gateway/protocols/rtmp/control.ts';
import { RtmpError } from '../../gateway/protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';

const settings = { seed: 20260102, numRuns: 500 };

const chunkStreamId = fc.constantFrom(3, 4, 6, 63, 64, 319, 320, 65599);
const timestamp = fc.oneof(
  fc.nat(100),
  fc.constantFrom(0xfffffe, 0xffffff, 0x1000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const payload = fc
  .oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 700, size: 'max' }))
  .map((bytes) => Buffer.from(bytes));
const message: fc.Arbitrary<RtmpMessage> = fc.record(
  {
    // Every type but those that the reader obeys itself.
    type: fc.constantFrom(3, 4, 8, 9, 15, 18, 20, 22, 255),
    streamId: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff })),
    timestamp,
    chunkStreamId,
    payload,
  },
  { noNullPrototype: true },
);
const chunkSize = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(4096));
/** Lengths of reads, used in turn until all is read. */
const readSizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.nat(2000)), {
  minLength: 1,
  maxLength: 20,
});

/** Reads the bytes in those splits, from memory that is overwritten after each read. */
function readSplit(bytes: Buffer, sizes: number[]): RtmpMessage[] {
  const reader = new ChunkReader();
  const messages: RtmpMessage[] = [];
  for (const part of slices(bytes, sizes)) {
    const data = Buffer.from(part);
    reader.push(data, (each) => messages.push({ ...each, payload: Buffer.from(each.payload) }));
    data.fill(0xee);
  }
  assert.equal(reader.bytesRead, bytes.length);
  return messages;
}

/** One message by `writeMessage`, in a buffer of just the size that `messageSize` tells. */
function writeAlone(each: RtmpMessage, size: number): Buffer {
  const { chunkStreamId: id, type, streamId, timestamp: time, payload: body } = each;
  const target = Buffer.alloc(messageSize(body.length, time, size, id));
  assert.equal(writeMessage(target, 0, id, type, streamId, time, body, size), target.length);
  return target;
}

/** Cuts a message as another writer does: no repetition of the extended timestamp. */
function chunksWithoutRepetition(each: RtmpMessage, size: number): Buffer[] {
  const whole = writeAlone(each, 0xffffff);
  const headerEnd = whole.length - each.payload.length;
  const chunks = [whole.subarray(0, headerEnd + Math.min(size, each.payload.length))];
  for (let at = size; at < each.payload.length; at += size) {
    const header = Buffer.alloc(3);
    const end = writeBasicHeader(header, 0, 3, each.chunkStreamId);
    chunks.push(Buffer.concat([header.subarray(0, end), each.payload.subarray(at, at + size)]));
  }
  return chunks;
}

suite('chunk stream', () => {
  test('what ChunkWriter writes, reads the same, in any chunk sizes and any splits', () => {
    const step = fc.record({ message, chunkSize: fc.option(chunkSize) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), readSizes, (steps, sizes) => {
        const writer = new ChunkWriter();
        const parts: Buffer[] = [];
        for (const each of steps) {
          if (each.chunkSize !== null) parts.push(writer.write(setChunkSize(each.chunkSize)));
          parts.push(writer.write(each.message));
        }
        const messages = readSplit(Buffer.concat(parts), sizes);
        assert.deepEqual(
          messages,
          steps.map((each) => each.message),
        );
      }),
      settings,
    );
  });

  test('a stream with growing times, as publishers send, reads the same', () => {
    const media = fc.record({
      kind: fc.constantFrom(8, 9),
      step: fc.oneof(fc.constantFrom(0, 21, 23, 40), fc.integer({ min: 0, max: 0x2000000 })),
      length: fc.oneof(fc.constantFrom(6, 7), fc.nat(900)),
    });
    fc.assert(
      fc.property(timestamp, fc.array(media), readSizes, (start, items, sizes) => {
        const writer = new ChunkWriter();
        let time = start;
        const messages = items.map(({ kind, step, length }, i): RtmpMessage => {
          time = (time + step) >>> 0;
          const body = Buffer.alloc(length, i);
          return { type: kind, streamId: 1, timestamp: time, chunkStreamId: 4, payload: body };
        });
        const bytes = Buffer.concat(messages.map((each) => writer.write(each)));
        assert.deepEqual(readSplit(bytes, sizes), messages);
      }),
      settings,
    );
  });

  test('messages that stand alone can be read from any of them on', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 8 }),
        chunkSize,
        fc.nat(),
        readSizes,
        (messages, size, from, sizes) => {
          const parts = messages.map((each) => writeAlone(each, size));
          const first = from % messages.length;
          const bytes = Buffer.concat([
            new ChunkWriter().write(setChunkSize(size)),
            ...parts.slice(first),
          ]);
          assert.deepEqual(readSplit(bytes, sizes), messages.slice(first));
        },
      ),
      settings,
    );
  });

  test('chunks of different chunk streams in any order, without repeated timestamps', () => {
    const messages = fc.uniqueArray(message, {
      selector: (each) => each.chunkStreamId,
      maxLength: 6,
    });
    fc.assert(
      fc.property(messages, chunkSize, fc.array(fc.nat()), readSizes, (all, size, order, sizes) => {
        const queues = all.map((each) => chunksWithoutRepetition(each, size));
        const finished: RtmpMessage[] = [];
        const bytes: Buffer[] = [new ChunkWriter().write(setChunkSize(size))];
        for (let i = 0; queues.some((queue) => queue.length > 0); i += 1) {
          const open = queues.filter((queue) => queue.length > 0);
          const queue = open[(order[i % Math.max(1, order.length)] ?? 0) % open.length]!;
          bytes.push(queue.shift()!);
          if (queue.length === 0) finished.push(all[queues.indexOf(queue)]!);
        }
        // What could still become a repeated timestamp is settled by whatever comes next.
        bytes.push(Buffer.from('02000000000000fe00000000', 'hex'));
        assert.deepEqual(readSplit(Buffer.concat(bytes), sizes).slice(0, -1), finished);
      }),
      settings,
    );
  });

  test('an abort at any chunk drops that message and no other', () => {
    fc.assert(
      fc.property(message, message, chunkSize, fc.nat(), (lost, kept, size, at) => {
        const chunks = chunksWithoutRepetition({ ...lost, chunkStreamId: 6 }, size);
        fc.pre(chunks.length > 1);
        const writer = new ChunkWriter();
        const bytes = [
          writer.write(setChunkSize(size)),
          ...chunks.slice(0, 1 + (at % (chunks.length - 1))),
          writer.write(abort(6)),
          writer.write({ ...kept, chunkStreamId: 6 }),
          writer.write({ ...kept, chunkStreamId: 4 }),
        ];
        const got = readSplit(Buffer.concat(bytes), [1000]);
        assert.deepEqual(
          got.map(({ chunkStreamId: id, payload: body }) => [id, body]),
          [
            [6, kept.payload],
            [4, kept.payload],
          ],
        );
      }),
      settings,
    );
  });
});

suite('chunk stream, hostile', () => {
  const limits = { maxMessageBytes: 100_000, maxChunkStreams: 16, maxAssemblyBytes: 300_000 };

  /** Pushes until the reader refuses; anything but an `RtmpError` comes through. */
  function feed(reads: Buffer[]): void {
    const reader = new ChunkReader(limits);
    let payloadBytes = 0;
    let messages = 0;
    try {
      for (const data of reads) {
        reader.push(data, (each) => {
          payloadBytes += each.payload.length;
          messages += 1;
        });
      }
    } catch (error) {
      if (!(error instanceof RtmpError)) throw error;
    }
    assert.ok(reader.assemblyBytes <= limits.maxAssemblyBytes);
    assert.ok(payloadBytes <= reader.bytesRead && messages <= reader.bytesRead);
  }

  const cut = fc.tuple(fc.uint8Array({ maxLength: 3000, size: 'max' }), readSizes);

  test('random bytes', () => {
    fc.assert(
      fc.property(cut, ([bytes, sizes]) => feed(slices(Buffer.from(bytes), sizes))),
      { ...settings, numRuns: 2000 },
    );
  });

  test('a good stream with a few bytes changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), changes, readSizes, (all, edits, sizes) => {
        const writer = new ChunkWriter();
        const bytes = Buffer.concat(all.map((each) => writer.write(each)));
        for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        feed(slices(bytes, sizes));
      }),
      { ...settings, numRuns: 1500 },
    );
  });
});

function slices(bytes: Buffer, sizes: number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}
