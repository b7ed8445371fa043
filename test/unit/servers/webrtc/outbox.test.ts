import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SrtpProfile } from '../../../../gateway/protocols/srtp/keys.ts';
import { srtpProfiles } from '../../../../gateway/protocols/srtp/keys.ts';
import { SrtpReceiver, SrtpSender } from '../../../../gateway/protocols/srtp/session.ts';
import { outbox } from '../../../../gateway/servers/webrtc/outbox.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';

/** A viewer that opens what it gets, and notes it in the order in which all of them do. */
const viewer = (name: string, arrived: string[], profile: SrtpProfile = 'AES128_CM_SHA1_80') => {
  const salt = Buffer.alloc(srtpProfiles[profile].saltBytes, name);
  const master = { key: Buffer.alloc(16, name), salt };
  const [sender, receiver] = [new SrtpSender(profile, master), new SrtpReceiver(profile, master)];
  const path = {
    send: (datagram: Buffer) => {
      arrived.push(`${name}${receiver.unprotectRtp(datagram, 12)?.toString() ?? ' broken'}`);
    },
  } as Path;
  return (index: number, text: string) => {
    const { packet } = outbox;
    packet.fill(0, 0, 12)[0] = 0x80;
    packet.writeUInt16BE(index, 2);
    const length = sender.encryptRtp(outbox.lane, 12, Buffer.from(text), 0, index);
    outbox.send(length, sender.laneKey, path);
  };
};

test('a packet leaves at once unless somebody gathers', () => {
  const arrived: string[] = [];
  const send = viewer('a', arrived);
  send(1, '1');
  send(2, '2');
  assert.deepEqual(arrived, ['a1', 'a2']);
});

test('while packets are gathered, they leave four at a time, and the rest at its end', () => {
  const arrived: string[] = [];
  const viewers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => viewer(name, arrived));
  outbox.gather(() => {
    outbox.gather(() => {
      for (const send of viewers) send(1, 'x'.repeat(arrived.length * 50));
    });
    assert.equal(arrived.length, 4);
  });
  assert.deepEqual(
    arrived.map((text) => [text[0], text.length]),
    [
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 1],
      ['e', 201],
      ['f', 201],
    ],
  );
});

test('packets that are signed already keep their place in the line', () => {
  const arrived: string[] = [];
  const [a, b] = [viewer('a', arrived), viewer('b', arrived, 'AEAD_AES_128_GCM')];
  outbox.gather(() => {
    a(1, '1');
    b(1, '1');
    a(2, '2');
    b(2, '2');
    a(3, '3');
  });
  assert.deepEqual(arrived, ['a1', 'b1', 'a2', 'b2', 'a3']);
});
