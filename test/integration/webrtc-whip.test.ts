import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeRtpHeader } from '../../gateway/protocols/rtp/header.ts';
import type { RtcpMessage } from '../../gateway/protocols/rtp/rtcp-reader.ts';
import { readRtcp } from '../../gateway/protocols/rtp/rtcp-reader.ts';
import { writePli, writeReceiverReport } from '../../gateway/protocols/rtp/rtcp-writer.ts';
import { parseAvcConfig } from '../../shared/codecs/avc.ts';
import type { Packet } from '../../shared/media.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { AVC_CONFIG } from '../helpers/numbered-publisher.ts';
import type { Scope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc, type ReceivedRtp, type WebRtcClient } from '../helpers/webrtc-client.ts';

const VIDEO = 102;
const AUDIO = 111;
const SSRC = 0x1234;
const config = parseAvcConfig(AVC_CONFIG);
const sps = Buffer.from(config.sps[0]!);
const pps = Buffer.from(config.pps[0]!);

interface Publisher {
  readonly client: WebRtcClient;
  readonly messages: RtcpMessage[];
  /** Sends picture `number` in one packet, its parameter sets before it when it is a key frame. */
  readonly picture: (number: number, key: boolean) => void;
  /** Leaves a sequence number out. */
  readonly lose: () => void;
}

const publish = async (scope: Scope, gateway: TestGateway): Promise<Publisher> => {
  const messages: RtcpMessage[] = [];
  const client = await connectWebRtc(scope, {
    url: `${gateway.http}/live/camera/whip?class=7`,
    headers: { authorization: 'Bearer secret1' },
    onRtcp: (compound) => readRtcp(compound, (message) => messages.push(message)),
  });
  await client.connected;
  let index = 100;
  const send = (payload: Buffer, number: number, marker: boolean): void => {
    const packet = Buffer.alloc(12 + payload.length);
    writeRtpHeader(packet, marker, VIDEO, index % 0x10000, 90_000 + number * 3600, SSRC);
    payload.copy(packet, 12);
    client.sendRtp(packet, 12, index++);
  };
  return {
    client,
    messages,
    picture: (number, key) => {
      if (key) {
        send(sps, number, false);
        send(pps, number, false);
      }
      const unit = Buffer.alloc(60, 0xaa);
      unit[0] = key ? 0x65 : 0x41;
      unit.writeUInt32BE(number, 1);
      send(unit, number, true);
    },
    lose: () => {
      index++;
    },
  };
};

const collect = (gateway: TestGateway): Packet[] => {
  const packets: Packet[] = [];
  gateway.gateway.hub.hold('camera').stream.subscribe({ packet: (packet) => packets.push(packet) });
  return packets;
};

const pictures = (packets: readonly Packet[]): { number: number; key: boolean; dts: number }[] =>
  packets.flatMap((packet) =>
    packet.kind === 'video' && packet.role !== 'config'
      ? [
          {
            number: Buffer.from(packet.payload).readUInt32BE(5),
            key: packet.role === 'key',
            dts: packet.dts,
          },
        ]
      : [],
  );

test('a browser’s H.264 becomes an ordinary live stream', async (t) => {
  const gateway = await startTestGateway(t);
  const packets = collect(gateway);
  const { picture } = await publish(t, gateway);
  for (let number = 0; number < 6; number++) picture(number, number % 3 === 0);
  await until(() => pictures(packets).length >= 6);
  const got = pictures(packets);
  assert.deepEqual(
    got.map(({ number, key }) => [number, key]),
    [0, 1, 2, 3, 4, 5].map((number) => [number, number % 3 === 0]),
  );
  for (let index = 1; index < got.length; index++) {
    assert.equal(got[index]!.dts - got[index - 1]!.dts, 40_000);
  }
  const sent = packets.find((packet) => packet.kind === 'video' && packet.role === 'config');
  assert.ok(sent && 'payload' in sent);
  const record = Buffer.from(sent.payload);
  assert.ok(record.includes(sps) && record.includes(pps));

  const [session] = gateway.gateway.registry.list(({ details }) => details.kind === 'publish');
  assert.equal(session?.details.protocol, 'webrtc');
  assert.deepEqual(session?.details.args, [
    ['class', '7'],
    ['token', 'secret1'],
  ]);
});

test('a lost packet is asked for; then a key frame; pictures wait for it', async (t) => {
  const gateway = await startTestGateway(t);
  const packets = collect(gateway);
  const { picture, lose, messages } = await publish(t, gateway);
  picture(0, true);
  picture(1, false);
  lose();
  picture(3, false);
  await until(() => messages.some(({ kind }) => kind === 'nack'));
  const nack = messages.find((message) => message.kind === 'nack');
  assert.ok(nack?.kind === 'nack');
  // Four packets went out from 100 on; the fifth is missing.
  assert.deepEqual([nack.ssrc, nack.sequences], [SSRC, [104]]);
  await until(() => messages.some(({ kind }) => kind === 'pli'));
  picture(4, false);
  picture(5, true);
  picture(6, false);
  await until(() => pictures(packets).at(-1)?.number === 6);
  assert.deepEqual(
    pictures(packets).map(({ number }) => number),
    [0, 1, 5, 6],
  );
});

test('DELETE ends publishing, and the name is free again', async (t) => {
  const gateway = await startTestGateway(t);
  const { client, picture } = await publish(t, gateway);
  picture(0, true);
  await until(() => gateway.gateway.hub.find('camera')?.state === 'live');
  assert.equal((await fetch(client.resource, { method: 'DELETE' })).status, 200);
  await gateway.logged(/publish ended/);
  const again = await publish(t, gateway);
  again.picture(0, true);
  await gateway.streamIs('camera', 'live');
});

test('a second publisher of the name is refused with 409', async (t) => {
  const gateway = await startTestGateway(t, { publish_conflict: 'refuse' });
  await publish(t, gateway);
  await assert.rejects(publish(t, gateway), /409/);
});

test('a viewer that cannot decode makes the publisher send a key frame, not too often', async (t) => {
  const gateway = await startTestGateway(t);
  const { picture, messages } = await publish(t, gateway);
  const plis = (): number => messages.filter(({ kind }) => kind === 'pli').length;
  picture(0, true);
  await until(() => gateway.gateway.hub.find('camera')?.ready === true);
  let ssrc = 0;
  const viewer = await connectWebRtc(t, {
    url: `${gateway.http}/live/camera/whep`,
    onRtp: (packet) => (ssrc = packet.ssrc),
  });
  await viewer.connected;
  await until(() => ssrc !== 0);
  const before = plis();
  // A key frame that has just come is as good as the next one: asked for when it is older.
  await until(() => {
    viewer.sendRtcp(Buffer.concat([writeReceiverReport(1, []), writePli(1, ssrc)]));
    return plis() > before;
  });
  assert.equal(plis(), before + 1);
});

test('a publisher’s Opus reaches viewers in WebRTC as it was sent', async (t) => {
  const gateway = await startTestGateway(t);
  const { client, picture } = await publish(t, gateway);
  picture(0, true);
  await until(() => gateway.gateway.hub.find('camera')?.ready === true);
  const heard: ReceivedRtp[] = [];
  const viewer = await connectWebRtc(t, {
    url: `${gateway.http}/live/camera/whep`,
    onRtp: (packet) => {
      if (packet.payloadType === AUDIO) heard.push(packet);
    },
  });
  await viewer.connected;
  let number = 0;
  await until(() => {
    const packet = Buffer.alloc(12 + 3);
    writeRtpHeader(packet, true, AUDIO, number + 7, number * 960, SSRC + 1);
    packet.set([0xfc, 0x55, number & 0xff], 12);
    client.sendRtp(packet, 12, number + 7);
    number++;
    return heard.length >= 5;
  });
  const first = heard[0]!.payload[2]!;
  for (const [index, { payload, timestamp }] of heard.entries()) {
    assert.deepEqual([...payload], [0xfc, 0x55, (first + index) & 0xff]);
    assert.equal(timestamp - heard[0]!.timestamp, index * 960);
  }
});
