import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AvcDepacketizer } from '../../gateway/protocols/rtp/avc-depacketizer.ts';
import { readRtcp } from '../../gateway/protocols/rtp/rtcp-reader.ts';
import {
  writeNack,
  writePli,
  writeReceiverReport,
} from '../../gateway/protocols/rtp/rtcp-writer.ts';
import type { SrtpProfile } from '../../gateway/protocols/srtp/keys.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { publishNumbered, type NumberedPublisher } from '../helpers/numbered-publisher.ts';
import type { Scope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc, type ReceivedRtp, type WebRtcClient } from '../helpers/webrtc-client.ts';

const VIDEO = 102;
const RTX = 103;

interface Viewer {
  readonly client: WebRtcClient;
  readonly packets: ReceivedRtp[];
  /** Numbers in the pictures received so far, in order. */
  readonly pictures: () => number[];
}

const watch = async (
  scope: Scope,
  gateway: TestGateway,
  options: { name?: string; profile?: SrtpProfile } = {},
): Promise<Viewer> => {
  const packets: ReceivedRtp[] = [];
  const client = await connectWebRtc(scope, {
    url: `${gateway.http}/live/${options.name ?? 'lesson'}/whep?user=u1`,
    profile: options.profile,
    onRtp: (packet) => packets.push(packet),
  });
  return {
    client,
    packets,
    pictures: () => {
      const depacketizer = new AvcDepacketizer();
      const video = packets.filter(({ payloadType }) => payloadType === VIDEO);
      video.sort((a, b) => a.sequence - b.sequence);
      return video.flatMap(({ payload, marker }) => {
        const unit = depacketizer.push(payload, marker);
        return unit === undefined ? [] : [unit.units[0]!.readUInt32BE(3)];
      });
    },
  };
};

const setUp = async (
  scope: Scope,
): Promise<{ gateway: TestGateway; publisher: NumberedPublisher }> => {
  const gateway = await startTestGateway(scope);
  const publisher = await publishNumbered(scope, `${gateway.rtmp}/lesson`, {
    gop: 10,
    audio: false,
    padding: 3000,
  });
  publisher.send(15);
  await gateway.ready('lesson');
  return { gateway, publisher };
};

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

for (const profile of ['AEAD_AES_128_GCM', 'AES128_CM_SHA1_80'] as const) {
  test(`a viewer starts with the cached GOP and gets every picture (${profile})`, async (t) => {
    const { gateway, publisher } = await setUp(t);
    const { client, pictures, packets } = await watch(t, gateway, { profile });
    await client.connected;
    await until(() => pictures().length >= 5);
    publisher.send(10);
    await until(() => pictures().length >= 15);
    assert.deepEqual(pictures(), range(10, 24));

    const times = [...new Set(packets.map(({ timestamp }) => timestamp))];
    assert.equal(times.length, 15);
    for (let index = 1; index < times.length; index++) assert.ok(times[index]! > times[index - 1]!);
    // What came live is 40 ms apart; what was cached lies close before it.
    assert.equal(times.at(-1)! - times.at(-2)!, 3600);
    assert.ok(times[4]! - times[0]! < 3600);
  });
}

test('the answer says which stream time its RTP time stamps stand for', async (t) => {
  const { gateway, publisher } = await setUp(t);
  const { client, packets, pictures } = await watch(t, gateway);
  const [, rtp, ms] = /^a=x-ams-media-time:(\d+) (\d+)\r$/m.exec(client.answer)!;
  await client.connected;
  await until(() => pictures().length >= 5);
  const number = publisher.send(1);
  await until(() => pictures().at(-1) === number);
  const { timestamp } = packets.at(-1)!;
  assert.equal(((timestamp - Number(rtp)) | 0) / 90, number * 40 - Number(ms));
});

test('lost packets are repeated when asked for, over the retransmission stream', async (t) => {
  const { gateway } = await setUp(t);
  const { client, packets, pictures } = await watch(t, gateway);
  await client.connected;
  await until(() => pictures().length >= 5);
  const lost = packets[2]!;
  client.sendRtcp(
    Buffer.concat([writeReceiverReport(1, []), writeNack(1, lost.ssrc, [lost.sequence])]),
  );
  await until(() => packets.some(({ payloadType }) => payloadType === RTX));
  const repeated = packets.find(({ payloadType }) => payloadType === RTX)!;
  assert.equal(repeated.payload.readUInt16BE(0), lost.sequence);
  assert.deepEqual(repeated.payload.subarray(2), lost.payload);
  assert.equal(repeated.timestamp, lost.timestamp);
  assert.equal(repeated.marker, lost.marker);
});

test('a viewer that lost its picture starts over from the cached key frame', async (t) => {
  const { gateway } = await setUp(t);
  const { client, packets, pictures } = await watch(t, gateway);
  await client.connected;
  await until(() => pictures().length >= 5);
  const newest = packets.at(-1)!;
  client.sendRtcp(Buffer.concat([writeReceiverReport(1, []), writePli(1, newest.ssrc)]));
  await until(() => pictures().length >= 10);
  assert.deepEqual(pictures(), [...range(10, 14), ...range(10, 14)]);
  const later = packets.filter(({ sequence }) => sequence > newest.sequence);
  assert.ok(later.every(({ timestamp }) => timestamp > newest.timestamp));
});

test('sender reports tie RTP time to the wall clock', async (t) => {
  const { gateway, publisher } = await setUp(t);
  const reports: { rtpTime: number; ssrc: number }[] = [];
  const client = await connectWebRtc(t, {
    url: `${gateway.http}/live/lesson/whep`,
    onRtcp: (compound) =>
      readRtcp(compound, (message) => {
        if (message.kind === 'sender-report') reports.push(message);
      }),
  });
  await client.connected;
  publisher.send(1);
  await until(() => reports.length >= 1);
  assert.match(client.answer, new RegExp(`a=ssrc:${reports[0]!.ssrc} cname:`));
});

test('the session is a client like others: arguments, bytes, drop', async (t) => {
  const { gateway } = await setUp(t);
  const { client, pictures } = await watch(t, gateway);
  await client.connected;
  await until(() => pictures().length >= 5);
  const [session] = gateway.gateway.registry.list(({ details }) => details.protocol === 'webrtc');
  assert.ok(session);
  assert.deepEqual(session.details.args, [['user', 'u1']]);
  assert.equal(session.details.uri, '/live/lesson/whep');
  assert.equal(session.details.addr, '127.0.0.1');
  assert.ok(session.bytes > 5 * 3000);
  session.end({ code: 'dropped', message: 'dropped by a test' });
  assert.equal((await fetch(client.resource, { method: 'DELETE' })).status, 404);
});

test('DELETE ends the session, once', async (t) => {
  const { gateway } = await setUp(t);
  const { client } = await watch(t, gateway);
  assert.equal((await fetch(client.resource, { method: 'DELETE' })).status, 200);
  assert.equal((await fetch(client.resource, { method: 'DELETE' })).status, 404);
  assert.equal(gateway.gateway.registry.list(({ details }) => details.kind === 'play').length, 0);
});

for (const goodbye of [true, false]) {
  const how = goodbye ? 'after a goodbye' : 'after it was lost';
  test(`a session goes on with the next publisher of the name, ${how}`, async (t) => {
    const { gateway, publisher } = await setUp(t);
    const { client, packets, pictures } = await watch(t, gateway);
    await client.connected;
    await until(() => pictures().length >= 5);
    if (goodbye) await publisher.close();
    else await publisher.lose();
    await gateway.streamIs('lesson', goodbye ? 'ended' : 'interrupted');
    const before = packets.at(-1)!;
    const again = await publishNumbered(t, `${gateway.rtmp}/lesson`, { gop: 10, audio: false });
    again.send(3);
    await until(() => pictures().length >= 8);
    assert.deepEqual(pictures().slice(5), [0, 1, 2]);
    const after = packets.filter(({ payloadType }) => payloadType === VIDEO)[
      packets.indexOf(before) + 1
    ]!;
    assert.equal(after.ssrc, before.ssrc);
    assert.equal(after.sequence, before.sequence + 1);
    assert.ok(after.timestamp > before.timestamp);
  });
}

test('an ICE restart gets new credentials, and only with the right tag', async (t) => {
  const { gateway } = await setUp(t);
  const { client } = await watch(t, gateway);
  const patch = (body: string, tag?: string): Promise<Response> =>
    fetch(client.resource, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/trickle-ice-sdpfrag',
        ...(tag === undefined ? {} : { 'if-match': tag }),
      },
      body,
    });
  const candidate = 'm=video 9 X 0\r\na=mid:0\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n';
  assert.equal((await patch(candidate)).status, 204);
  const restart = `a=ice-ufrag:other\r\na=ice-pwd:otherpasswordotherpassword\r\n${candidate}`;
  assert.equal((await patch(restart, '"wrong"')).status, 412);
  const restarted = await patch(restart, '*');
  assert.equal(restarted.status, 200);
  const before = /a=ice-ufrag:(\S+)/.exec(client.answer)![1];
  const after = /a=ice-ufrag:(\S+)/.exec(await restarted.text())![1];
  assert.notEqual(after, before);
  assert.equal(restarted.headers.get('etag'), `"${after}"`);
});

test('requests that cannot be answered are told why', async (t) => {
  const { gateway } = await setUp(t);
  const post = async (
    path: string,
    body: string,
    type = 'application/sdp',
  ): Promise<{ status: number; code: string; detail: string }> => {
    const response = await fetch(`${gateway.http}${path}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    return { status: response.status, code, detail };
  };
  assert.equal((await post('/live/lesson/whep', 'nonsense')).code, 'bad_sdp');
  assert.equal((await post('/live/lesson/whep', 'v=0', 'text/plain')).status, 415);
  assert.equal((await post('/live/.hidden/whep', 'v=0')).code, 'bad_name');
  const ice = 'a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\n';
  const offerOf = (codec: string): string =>
    `v=0\r\n${ice}m=video 9 X 96\r\na=recvonly\r\na=rtpmap:96 ${codec}/90000\r\n`;
  const refused = await post('/live/lesson/whep', offerOf('VP9'));
  assert.deepEqual([refused.status, refused.code], [406, 'no_codec']);
  assert.match(refused.detail, /h264; the offer has VP9/);
  // What no stream could be played by is refused without a word about the stream.
  const hopeless = await post('/live/lesson/whep', offerOf('VP8'));
  assert.deepEqual([hopeless.status, hopeless.code], [406, 'no_codec']);
  assert.deepEqual(await post('/live/nobody/whep', offerOf('VP8')), hopeless);
  const nobody = await post('/live/nobody/whep', offerOf('VP9'));
  assert.deepEqual([nobody.status, nobody.code], [404, 'not_live']);
  assert.equal(gateway.gateway.registry.list(({ details }) => details.kind === 'play').length, 0);
});

test('a request waits for the publisher where that is configured', async (t) => {
  const gateway = await startTestGateway(t, { webrtc_wait: 10 });
  const waiting = watch(t, gateway);
  await until(() => gateway.gateway.hub.find('lesson') !== undefined);
  const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  const { client, pictures } = await waiting;
  await client.connected;
  await until(() => pictures().length >= 3);
  assert.deepEqual(pictures(), [0, 1, 2]);
});
