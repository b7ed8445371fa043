import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../../../../gateway/live/stream.ts';
import { StreamTap, tapOf } from '../../../../gateway/servers/webrtc/stream-tap.ts';

test('a stream has one tap, and another stream another one', () => {
  const [one, other] = [{} as Stream, {} as Stream];
  assert.equal(tapOf(one), tapOf(one));
  assert.notEqual(tapOf(one), tapOf(other));
  assert.equal(tapOf(one).source, undefined);
});

test('Opus goes to everybody who listens, and to nobody who stopped', () => {
  const tap = new StreamTap();
  const got: string[] = [];
  const first = (packet: Uint8Array, pts: number): void => void got.push(`a${packet[0]} ${pts}`);
  const second = (packet: Uint8Array, pts: number): void => void got.push(`b${packet[0]} ${pts}`);
  tap.listeners.add(first).add(second);
  tap.opus(Uint8Array.of(1), 10);
  tap.listeners.delete(first);
  tap.opus(Uint8Array.of(2), 20);
  assert.deepEqual(got, ['a1 10', 'b1 10', 'b2 20']);
});
