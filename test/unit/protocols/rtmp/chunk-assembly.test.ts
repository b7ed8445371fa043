import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ChunkAssembly } from '../../../../gateway/protocols/rtmp/chunk-assembly.ts';
import { ChunkStream } from '../../../../gateway/protocols/rtmp/chunk-stream.ts';

/** A chunk stream with a message of that length begun. */
function begun(length: number): ChunkStream {
  const stream = new ChunkStream(6);
  stream.length = length;
  stream.partial = true;
  return stream;
}

suite('ChunkAssembly', () => {
  test('puts pieces one behind the other', () => {
    const assembly = new ChunkAssembly(1000);
    const stream = begun(6);
    const data = Buffer.from('--abc-def--');
    assembly.append(stream, data, 2, 3);
    assembly.append(stream, data, 6, 3);
    assert.equal(assembly.release(stream).toString(), 'abcdef');
    assert.deepEqual([stream.partial, stream.received, stream.buffer.length], [false, 0, 0]);
    assert.equal(assembly.bytes, 0);
  });

  test('a long message keeps its bytes each time its memory grows', () => {
    const assembly = new ChunkAssembly(10_000_000);
    const bytes = Buffer.alloc(1_000_000);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = i % 251;
    const stream = begun(bytes.length);
    let largest = 0;
    for (let at = 0; at < bytes.length; at += 1000) {
      assembly.append(stream, bytes, at, 1000);
      assert.ok(stream.buffer.length <= Math.max(4096, 2 * (at + 1000) + 256 * 1024));
      largest = Math.max(largest, assembly.bytes);
    }
    assert.equal(largest, bytes.length);
    assert.deepEqual(assembly.release(stream), bytes);
  });

  test('what is taken in advance is bounded for all messages together', () => {
    const assembly = new ChunkAssembly(10_000_000);
    const data = Buffer.alloc(1);
    for (let i = 0; i < 20; i += 1) assembly.append(begun(100_000), data, 0, 1);
    assert.equal(assembly.bytes, 2 * 100_000 + 18 * 4096);
  });

  test('refuses beyond its bound, and takes again what is released', () => {
    const assembly = new ChunkAssembly(150_000);
    const data = Buffer.alloc(1);
    const first = begun(100_000);
    assembly.append(first, data, 0, 1);
    assert.throws(() => assembly.append(begun(60_000), data, 0, 1), {
      code: 'RTMP_ASSEMBLY_TOO_LARGE',
    });
    assembly.release(first);
    assembly.append(begun(60_000), data, 0, 1);
    assert.equal(assembly.bytes, 60_000);
  });
});
