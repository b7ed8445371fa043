import assert from 'node:assert/strict';
import type { ProbedPacket } from './ffprobe.ts';

const ofKind = (packets: readonly ProbedPacket[], kind: ProbedPacket['kind']) =>
  packets.filter((packet) => packet.kind === kind);

/** The difference of the receiver's clock to the sender's, the same for every packet, ms. */
function clockShift(received: readonly ProbedPacket[], sent: readonly ProbedPacket[]): number {
  return Math.min(...received.map(({ dts }) => dts)) - Math.min(...sent.map(({ dts }) => dts));
}

export interface Expectation {
  /**
   * Where what is due begins: with the first key frame that was sent (the default), or with
   * whichever key frame the receiver got first. Without video, every packet is a key frame.
   */
  readonly from?: 'first key frame' | 'any key frame';
  /** Times may differ by so much, ms: where one side counts more finely. */
  readonly toleranceMs?: number;
}

/**
 * What of each kind was due: the leading kind (video, if there is any) from that key frame on, the
 * other from the same place in the order of sending, or from earlier, if sound came along that
 * belongs to the moment before the picture.
 */
function dueFrom(
  received: readonly ProbedPacket[],
  sent: readonly ProbedPacket[],
  from: Expectation['from'],
): readonly ProbedPacket[] {
  const placeOf = (kind: ProbedPacket['kind']) => {
    const first = ofKind(received, kind)[0];
    return sent.findIndex((packet) => packet.hash === first?.hash && packet.kind === kind);
  };
  const leading = sent.some(({ kind }) => kind === 'video') ? 'video' : 'audio';
  const place = placeOf(leading);
  const start = sent[place];
  assert.ok(start !== undefined, `the first ${leading} packet received was never sent`);
  assert.ok(start.key, `the first ${leading} packet received is no key frame`);
  if (from === 'first key frame') {
    const due = sent.findIndex(({ kind, key }) => kind === leading && key);
    assert.equal(place, due, 'the first key frame received is not the first that was sent');
  }
  const soundPlace = placeOf('audio');
  return sent.filter(({ kind }, index) =>
    kind === leading || soundPlace < 0 ? index >= place : index >= Math.min(place, soundPlace),
  );
}

/**
 * Asserts that what was received is what was sent from a key frame on: the same packets by hash, in
 * the same order, none missing, none twice, with times that differ by one constant for both kinds
 * (so audio and video stay as they were to each other), and decoding times that never go back.
 */
export function assertSamePackets(
  received: readonly ProbedPacket[],
  sent: readonly ProbedPacket[],
  { from = 'first key frame', toleranceMs = 0 }: Expectation = {},
): void {
  assert.ok(received.length > 0, 'no packet was received');
  const expected = dueFrom(received, sent, from);
  const shift = clockShift(received, expected);
  for (const kind of ['video', 'audio'] as const) {
    const got = ofKind(received, kind);
    const due = ofKind(expected, kind);
    for (const [index, packet] of due.entries()) {
      const place = `${kind} packet ${index} of ${due.length} (${got.length} received)`;
      const arrived = got[index];
      assert.ok(arrived !== undefined, `${place} is missing`);
      assert.equal(arrived.hash, packet.hash, `${place} has other content, or is another one`);
      const near = (got: number, due: number) =>
        Math.abs(got - shift - due) <= toleranceMs ? due : got - shift;
      const { dts, pts, key } = packet;
      const times = { dts: near(arrived.dts, dts), pts: near(arrived.pts, pts), key: arrived.key };
      assert.deepEqual(times, { dts, pts, key }, `${place} has other times or another role`);
    }
    assert.equal(got.length, due.length, `${kind}: more packets than were sent`);
    got.reduce((last, { dts }) => {
      assert.ok(dts >= last, `${kind}: the decoding time goes back from ${last} to ${dts} ms`);
      return dts;
    }, -Infinity);
  }
}
