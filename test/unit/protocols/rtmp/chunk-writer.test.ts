import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ChunkWriter,
  messageSize,
  writeMessage,
} from '../../../../gateway/protocols/rtmp/chunk-writer.ts';
import { setChunkSize } from '../../../../gateway/protocols/rtmp/control.ts';
import { hex, message, plain, readAll } from './chunks.ts';

/** A message as `writeMessage` writes it, in a buffer of just the size that `messageSize` tells. */
function write(
  chunkStreamId: number,
  timestamp: number,
  payload: Buffer,
  chunkSize: number,
): Buffer {
  const size = messageSize(payload.length, timestamp, chunkSize, chunkStreamId);
  const target = Buffer.alloc(size + 2, 0xee);
  const end = writeMessage(target, 1, chunkStreamId, 9, 1, timestamp, payload, chunkSize);
  assert.equal(end, size + 1, 'messageSize and writeMessage agree');
  assert.deepEqual([target[0], target[size + 1]], [0xee, 0xee], 'nothing beyond is touched');
  return target.subarray(1, end);
}

suite('writeMessage', () => {
  test('a type 0 chunk', () => {
    assert.equal(
      write(6, 0x010203, Buffer.from('abc'), 128).toString('hex'),
      hex('06 010203 000003 09 01000000 616263').toString('hex'),
    );
  });

  test('type 3 chunks for what is longer', () => {
    assert.equal(
      write(4, 0, hex('0102030405'), 2).toString('hex'),
      hex('04 000000 000005 09 01000000 0102 c4 0304 c4 05').toString('hex'),
    );
  });

  test('no empty chunk at the end', () => {
    assert.equal(
      write(4, 0, hex('01020304'), 2).toString('hex'),
      hex('04 000000 000004 09 01000000 0102 c4 0304').toString('hex'),
    );
  });

  test('the extended timestamp, in every chunk', () => {
    assert.equal(
      write(4, 0xffffff, hex('010203'), 2).toString('hex'),
      hex('04 ffffff 000003 09 01000000 00ffffff 0102 c4 00ffffff 03').toString('hex'),
    );
    assert.equal(write(4, 0xfffffe, hex('010203'), 2).length, 16);
  });

  test('longer chunk stream ids, in every chunk', () => {
    assert.equal(
      write(64, 0, hex('010203'), 2).toString('hex'),
      hex('0000 000000 000003 09 01000000 0102 c000 03').toString('hex'),
    );
    assert.equal(
      write(65599, 0, hex('010203'), 2).toString('hex'),
      hex('01ffff 000000 000003 09 01000000 0102 c1ffff 03').toString('hex'),
    );
  });

  test('what it writes reads the same, at every edge', () => {
    for (const id of [2, 63, 64, 319, 320, 65599]) {
      for (const timestamp of [0, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff]) {
        for (const length of [0, 1, 127, 128, 129, 256, 1000]) {
          const payload = Buffer.alloc(length, 0xab);
          assert.deepEqual(readAll([write(id, timestamp, payload, 128)]), [
            message({ chunkStreamId: id, timestamp, payload }),
          ]);
        }
      }
    }
  });
});

suite('ChunkWriter', () => {
  const payload = hex('aa');

  test('leaves out what the reader knows', () => {
    const writer = new ChunkWriter();
    const written = [
      message({ timestamp: 100, payload }),
      message({ timestamp: 140, payload: hex('bbcc') }),
      message({ timestamp: 150, payload: hex('bbdd') }),
      message({ timestamp: 160, payload: hex('bbee') }),
      message({ timestamp: 160, payload: hex('bbff') }),
    ].map((each) => writer.write(each).toString('hex'));
    assert.deepEqual(
      written,
      [
        '06 000064 000001 09 01000000 aa',
        '46 000028 000002 09 bbcc',
        '86 00000a bbdd',
        'c6 bbee',
        '86 000000 bbff',
      ].map((text) => text.replaceAll(' ', '')),
    );
  });

  test('does not begin with type 3 after type 0, even where the delta is the time', () => {
    const writer = new ChunkWriter();
    writer.write(message({ timestamp: 23, payload }));
    assert.equal(writer.write(message({ timestamp: 46, payload })).toString('hex'), '86000017aa');
    writer.write(message({ timestamp: 69, payload, streamId: 2 }));
    const third = writer.write(message({ timestamp: 92, payload, streamId: 2 }));
    assert.equal(third.toString('hex'), '86000017aa');
  });

  test('tells time whole when it goes back, wraps or jumps far, and for another stream', () => {
    const writer = new ChunkWriter();
    const formats = [
      message({ timestamp: 1000, payload }),
      message({ timestamp: 999, payload }),
      message({ timestamp: 999 + 0xfffffe, payload }),
      message({ timestamp: 0xfffffff0, payload }),
      message({ timestamp: 5, payload }),
      message({ timestamp: 6, payload, streamId: 2 }),
    ].map((each) => (writer.write(each)[0] ?? 0) >> 6);
    assert.deepEqual(formats, [0, 0, 2, 0, 0, 0]);
  });

  test('a Set Chunk Size holds after itself', () => {
    const writer = new ChunkWriter();
    const long = Buffer.alloc(300, 0x77);
    const bytes = [
      writer.write(message({ payload: long })),
      writer.write(setChunkSize(4096)),
      writer.write(message({ timestamp: 1, payload: long })),
    ];
    assert.equal(writer.chunkSize, 4096);
    assert.equal(bytes[0]?.length, 12 + 300 + 2);
    assert.equal(bytes[2]?.length, 4 + 300);
    assert.deepEqual(readAll(bytes).map(plain), [
      message({ payload: long }),
      message({ timestamp: 1, payload: long }),
    ]);
  });

  test('reads the same across the limit of 24 bits', () => {
    const writer = new ChunkWriter();
    const messages = [0xffff00, 0xffffff, 0x1000000, 0x1000028, 0x1000050].map((timestamp) =>
      message({ timestamp, payload: Buffer.alloc(200, 0x55) }),
    );
    const bytes = messages.map((each) => writer.write(each));
    assert.deepEqual(readAll(bytes).map(plain), messages);
  });
});
