import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ChunkReader,
  defaultChunkLimits,
} from '../../../../gateway/protocols/rtmp/chunk-reader.ts';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import type { RtmpErrorCode } from '../../../../gateway/protocols/rtmp/errors.ts';
import { be, hex, message, plain, readAll, singly } from './chunks.ts';

function refuses(run: () => unknown, code: RtmpErrorCode): void {
  assert.throws(run, (error) => error instanceof RtmpError && error.code === code);
}

/** Reads the bytes in one read and in reads of one byte, which must come to the same. */
function read(text: string): ReturnType<typeof readAll> {
  const data = hex(text);
  const whole = readAll([data]).map(plain);
  assert.deepEqual(readAll(singly(data)), whole, 'split into single bytes');
  return whole;
}

/** Set Chunk Size. */
function chunkSize(size: number): string {
  return `02 000000 000004 01 00000000 ${be(size, 4)}`;
}

suite('ChunkReader: headers', () => {
  test('type 0: time, length, type, and the stream id, which is little-endian', () => {
    assert.deepEqual(read('03 000102 000003 14 04030201 616263'), [
      message({
        chunkStreamId: 3,
        timestamp: 0x102,
        type: 0x14,
        streamId: 0x01020304,
        payload: Buffer.from('abc'),
      }),
    ]);
  });

  test('type 1: a delta, a new length and type', () => {
    const [, second] = read('04 000064 000001 08 01000000 aa   44 000017 000002 09 bbcc');
    assert.deepEqual(
      second,
      message({ chunkStreamId: 4, timestamp: 123, payload: Buffer.from('bbcc', 'hex') }),
    );
  });

  test('type 2: a delta only', () => {
    const messages = read('04 000064 000001 08 01000000 aa   84 000014 bb   84 000001 cc');
    assert.deepEqual(
      messages.map(({ timestamp, type, payload }) => [timestamp, type, payload[0]]),
      [
        [100, 8, 0xaa],
        [120, 8, 0xbb],
        [121, 8, 0xcc],
      ],
    );
  });

  test('type 3 begins a message like the one before, with its delta', () => {
    const messages = read('04 000064 000001 08 01000000 aa   84 000014 bb   c4 cc   c4 dd');
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [100, 120, 140, 160],
    );
  });

  test('type 3 straight after type 0 adds its timestamp', () => {
    const messages = read('04 000017 000001 08 01000000 aa   c4 bb   c4 cc');
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [23, 46, 69],
    );
  });

  test('type 3 continues a message that is longer than the chunk size', () => {
    const body = 'a1'.repeat(128) + 'b2'.repeat(128) + 'c3';
    const text = `06 000000 ${be(257, 3)} 09 01000000 ${'a1'.repeat(128)} c6 ${'b2'.repeat(128)} c6 c3`;
    assert.deepEqual(read(text), [message({ payload: Buffer.from(body, 'hex') })]);
  });

  test('chunk stream ids of one, two and three bytes', () => {
    const ids: [basic: string, id: number][] = [
      ['3f', 63],
      ['00 00', 64],
      ['00 ff', 319],
      ['01 00 01', 320],
      ['01 ff ff', 65599],
    ];
    for (const [basic, id] of ids) {
      const [only] = read(`${basic} 000000 000001 09 01000000 aa`);
      assert.equal(only?.chunkStreamId, id);
    }
  });

  test('the same id in a longer form is the same chunk stream', () => {
    const messages = read('00 00 000005 000001 09 01000000 aa   81 00 00 000002 bb');
    assert.deepEqual(
      messages.map(({ timestamp, chunkStreamId }) => [timestamp, chunkStreamId]),
      [
        [5, 64],
        [7, 64],
      ],
    );
  });

  test('a chunk stream may open with type 1, as librtmp opens its control stream', () => {
    const [only] = read('42 000005 000006 04 0007 00000001');
    assert.deepEqual(
      only,
      message({
        chunkStreamId: 2,
        timestamp: 5,
        streamId: 0,
        type: 4,
        payload: hex('0007 00000001'),
      }),
    );
  });

  test('a chunk stream may not open with type 2 or 3', () => {
    refuses(() => readAll([hex('86 000005')]), 'RTMP_CHUNK_HEADER');
    refuses(() => readAll([hex('c6')]), 'RTMP_CHUNK_HEADER');
  });

  test('only type 3 may go on with a message', () => {
    const begun = `06 000000 ${be(200, 3)} 09 01000000 ${'a1'.repeat(128)}`;
    for (const header of ['06 000000 000001 09 01000000', '46 000000 000001 09', '86 000000']) {
      refuses(() => readAll([hex(begun + header)]), 'RTMP_CHUNK_HEADER');
    }
  });

  test('messages without payload come too, wherever the read ends', () => {
    const messages = read('06 000001 000000 09 01000000   c6   c6');
    assert.deepEqual(
      messages.map(({ timestamp, payload }) => [timestamp, payload.length]),
      [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
    );
  });

  test('time wraps at 2^32', () => {
    const messages = read('06 ffffff 000001 09 01000000 fffffff0 aa   86 000020 bb');
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [0xfffffff0, 0x10],
    );
  });
});

suite('ChunkReader: extended timestamps', () => {
  const a = 'a1'.repeat(128);
  const b = 'b2'.repeat(128);
  const head = `06 ffffff ${be(260, 3)} 09 01000000 01000000`;
  const payload = Buffer.from(`${a}${b}c3c4c5c6`, 'hex');
  const expected = [message({ timestamp: 0x01000000, payload })];

  test('type 3 chunks that repeat it, as the standard says', () => {
    assert.deepEqual(read(`${head} ${a} c6 01000000 ${b} c6 01000000 c3c4c5c6`), expected);
  });

  test('type 3 chunks that do not', () => {
    assert.deepEqual(read(`${head} ${a} c6 ${b} c6 c3c4c5c6`), expected);
  });

  test('type 3 chunks that repeat the message time where the header had a delta', () => {
    const first = '06 000010 000001 09 01000000 aa';
    const delta = `46 ffffff ${be(130, 3)} 09 02000000`;
    const want = message({ timestamp: 0x02000010, payload: Buffer.from(`${a}bbcc`, 'hex') });
    for (const repeated of ['02000000', '02000010', '']) {
      assert.deepEqual(read(`${first} ${delta} ${a} c6 ${repeated} bbcc`)[1], want, repeated);
    }
  });

  test('the end of a message that could be the beginning of a repetition', () => {
    // Two bytes are left of the message: the same as the first two of the timestamp.
    const begun = `06 ffffff ${be(130, 3)} 09 01000000 01000000 ${a} c6 0100`;
    const next = '04 000007 000001 08 01000000 dd';
    const messages = read(begun + next);
    assert.deepEqual(messages[0]?.payload, Buffer.from(`${a}0100`, 'hex'));
    assert.equal(messages[1]?.timestamp, 7);
  });

  test('the end of a message that cannot be a repetition is not waited for', () => {
    const messages = readAll(
      singly(hex(`06 ffffff ${be(129, 3)} 09 01000000 01000000 ${a} c6 ee`)),
    );
    assert.equal(messages.length, 1);
  });

  test('a type 3 chunk that begins a message repeats the delta', () => {
    const messages = read(
      '06 000010 000001 09 01000000 aa   86 ffffff 01000000 bb   c6 01000000 cc',
    );
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [0x10, 0x01000010, 0x02000010],
    );
  });

  test('a type 3 chunk that begins a message may bring another delta', () => {
    const messages = read(
      '06 000010 000001 09 01000000 aa   86 ffffff 01000000 bb   c6 01000005 cc   c6 01000005 dd',
    );
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [0x10, 0x01000010, 0x02000015, 0x0300001a],
    );
  });

  test('after type 0 it may also bring the new time, again and again', () => {
    const messages = read(
      `06 ffffff 000001 09 01000000 01000000 aa
       c6 01000028 bb   c6 01000028 cc   c6 01000050 dd`,
    );
    assert.deepEqual(
      messages.map(({ timestamp }) => timestamp),
      [0x01000000, 0x01000028, 0x01000028, 0x01000050],
    );
  });

  test('a later header without one ends it', () => {
    const messages = read(`06 ffffff 000001 09 01000000 01000000 aa   86 000028 bb   c6 cc`);
    assert.deepEqual(
      messages.map(({ timestamp, payload }) => [timestamp, payload[0]]),
      [
        [0x01000000, 0xaa],
        [0x01000028, 0xbb],
        [0x01000050, 0xcc],
      ],
    );
  });
});

suite('ChunkReader: control', () => {
  test('chunks of several chunk streams between each other', () => {
    const text =
      `06 000000 ${be(130, 3)} 09 01000000 ${'a1'.repeat(128)}` +
      `04 000005 ${be(129, 3)} 08 01000000 ${'b2'.repeat(128)}` +
      '05 000006 000001 12 01000000 dd' +
      'c4 b3   c6 a2a3';
    assert.deepEqual(
      read(text).map(({ chunkStreamId, payload }) => [
        chunkStreamId,
        payload.length,
        payload.at(-1),
      ]),
      [
        [5, 1, 0xdd],
        [4, 129, 0xb3],
        [6, 130, 0xa3],
      ],
    );
  });

  test('Set Chunk Size holds from the next chunk on, inside a message too', () => {
    const text =
      `06 000000 ${be(260, 3)} 09 01000000 ${'a1'.repeat(128)}` +
      `${chunkSize(4)} c6 b1b2b3b4 ${chunkSize(4096)} c6 ${'c1'.repeat(128)}`;
    const [only] = read(text);
    assert.equal(only?.payload.toString('hex'), 'a1'.repeat(128) + 'b1b2b3b4' + 'c1'.repeat(128));
  });

  test('Set Chunk Size of 0, of 2^31 or more, or cut short is refused', () => {
    refuses(() => readAll([hex(chunkSize(0))]), 'RTMP_CHUNK_SIZE');
    refuses(() => readAll([hex(chunkSize(0x80000000))]), 'RTMP_CHUNK_SIZE');
    refuses(() => readAll([hex('02 000000 000003 01 00000000 000001')]), 'RTMP_BAD_CONTROL');
    const reader = new ChunkReader();
    reader.push(hex(chunkSize(0x7fffffff)), () => assert.fail('Set Chunk Size was passed on'));
    assert.equal(reader.chunkSize, 0x7fffffff);
  });

  test('Abort drops what has come of a message', () => {
    const text =
      `06 000000 ${be(200, 3)} 09 01000000 ${'a1'.repeat(128)}` +
      '02 000000 000004 02 00000000 00000006' +
      '46 000007 000001 09 ee';
    assert.deepEqual(
      read(text).map(({ timestamp, payload }) => [timestamp, payload.toString('hex')]),
      [[7, 'ee']],
    );
  });

  test('Abort lets go of the memory; of a chunk stream without a message it does nothing', () => {
    const reader = new ChunkReader();
    const none = (): void => assert.fail('no message');
    reader.push(hex(`06 000000 ${be(200, 3)} 09 01000000 ${'a1'.repeat(128)}`), none);
    assert.ok(reader.assemblyBytes > 0);
    reader.push(hex('02 000000 000004 02 00000000 00000006'), none);
    assert.equal(reader.assemblyBytes, 0);
    reader.push(hex('c2 00000006 c2 00000002 c2 00012345'), none);
    refuses(() => reader.push(hex('42 000000 000001 02 00'), none), 'RTMP_BAD_CONTROL');
  });

  test('counts every byte', () => {
    const reader = new ChunkReader();
    reader.push(hex('06 000000'), () => undefined);
    reader.push(hex('000001 09 01000000 aa 86'), () => undefined);
    assert.equal(reader.bytesRead, 14);
  });

  test('what the listener throws comes through', () => {
    const reader = new ChunkReader();
    const data = hex('06 000000 000001 09 01000000 aa');
    assert.throws(() => {
      reader.push(data, () => {
        throw new RangeError('mine');
      });
    }, new RangeError('mine'));
  });
});

suite('ChunkReader: memory', () => {
  test('a message in one chunk and one read is a view of that read', () => {
    const data = hex('06 000000 000003 09 01000000 aabbcc   04 000000 000002 08 01000000 ddee');
    for (const { payload } of readAll([data])) {
      assert.equal(payload.buffer, data.buffer);
    }
    const [, audio] = readAll([data]);
    data[data.length - 1] = 0x11;
    assert.equal(audio?.payload[1], 0x11);
  });

  test('any other message is a copy, so that the read can be reused', () => {
    const data = hex('06 000000 000003 09 01000000 aabbcc');
    const [split] = readAll([data.subarray(0, 13), data.subarray(13)]);
    data.fill(0);
    assert.deepEqual(split?.payload, hex('aabbcc'));
  });

  test('a message of up to 256 KiB gets its memory at once, a longer one as it comes', () => {
    const reader = new ChunkReader();
    const begin = (id: string, length: number): void => {
      reader.push(hex(`${id} 000000 ${be(length, 3)} 09 01000000 aa`), () => undefined);
    };
    reader.push(hex(chunkSize(0x100000)), () => undefined);
    begin('06', 100_000);
    assert.equal(reader.assemblyBytes, 100_000);
    reader.push(Buffer.alloc(99_998), () => assert.fail('not whole yet'));
    assert.equal(reader.assemblyBytes, 100_000);
    reader.push(Buffer.alloc(1), () => undefined);
    assert.equal(reader.assemblyBytes, 0);
    begin('07', 300_000);
    assert.equal(reader.assemblyBytes, 4096);
    reader.push(Buffer.alloc(10_000), () => undefined);
    assert.ok(reader.assemblyBytes < 20_003);
  });

  test('sixty messages that claim 16 MB each cost almost nothing', () => {
    const reader = new ChunkReader({ maxMessageBytes: 0xffffff });
    for (let id = 3; id < 63; id += 1) {
      const header = `${be(id, 1)} 000000 ffffff 09 01000000 ${'aa'.repeat(128)}`;
      reader.push(hex(header), () => assert.fail('no message'));
    }
    assert.ok(reader.assemblyBytes <= 60 * 4096, `${reader.assemblyBytes} bytes are held`);
  });

  test('a longer message than the limit is refused by its header', () => {
    const header = (length: number): Buffer => hex(`06 000000 ${be(length, 3)} 09 01000000`);
    assert.deepEqual(readAll([header(defaultChunkLimits.maxMessageBytes)]), []);
    refuses(
      () => readAll([header(defaultChunkLimits.maxMessageBytes + 1)]),
      'RTMP_MESSAGE_TOO_LARGE',
    );
    refuses(() => readAll([header(101)], { maxMessageBytes: 100 }), 'RTMP_MESSAGE_TOO_LARGE');
  });

  test('65,000 chunk streams are refused at the 257th', () => {
    const reader = new ChunkReader();
    let opened = 0;
    refuses(() => {
      for (let id = 64; id < 65_064; id += 1) {
        const low = be((id - 64) & 0xff, 1);
        const high = be((id - 64) >> 8, 1);
        reader.push(hex(`01 ${low} ${high} 000000 000001 09 01000000 aa`), () => (opened += 1));
      }
    }, 'RTMP_CHUNK_STREAMS');
    assert.equal(opened, 256);
  });

  test('unfinished messages together are bounded', () => {
    const reader = new ChunkReader({ maxAssemblyBytes: 50_000 });
    reader.push(hex(chunkSize(0x100000)), () => undefined);
    refuses(() => {
      for (let id = 3; id < 63; id += 1) {
        const header = hex(`${be(id, 1)} 000000 ${be(2000, 3)} 09 01000000`);
        // All but one byte, on each chunk stream; then the next one's header.
        reader.push(hex(chunkSize(1999)), () => undefined);
        reader.push(Buffer.concat([header, Buffer.alloc(1999)]), () => undefined);
      }
    }, 'RTMP_ASSEMBLY_TOO_LARGE');
    assert.ok(reader.assemblyBytes <= 50_000 && reader.assemblyBytes > 40_000);
  });

  test('memory of finished messages does not count', () => {
    const reader = new ChunkReader({ maxAssemblyBytes: 1000 });
    let count = 0;
    for (let i = 0; i < 100; i += 1) {
      const header = hex(`06 000000 ${be(200, 3)} 09 01000000`);
      reader.push(Buffer.concat([header, Buffer.alloc(128), hex('c6')]), () => (count += 1));
      reader.push(Buffer.alloc(72), () => (count += 1));
    }
    assert.equal(count, 100);
    assert.equal(reader.assemblyBytes, 0);
  });
});
