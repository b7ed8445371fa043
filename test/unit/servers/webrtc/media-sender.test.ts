import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noExtensions, type ExtensionIds } from '../../../../gateway/protocols/rtp/extensions.ts';
import { readRtpHeader } from '../../../../gateway/protocols/rtp/header.ts';
import { readRtcp, type RtcpMessage } from '../../../../gateway/protocols/rtp/rtcp-reader.ts';
import { writeNack, writePli } from '../../../../gateway/protocols/rtp/rtcp-writer.ts';
import { writeTransportFeedback } from '../../../../gateway/protocols/rtp/transport-feedback.ts';
import { srtpProfiles, type SrtpProfile } from '../../../../gateway/protocols/srtp/keys.ts';
import { SrtpReceiver, SrtpSender } from '../../../../gateway/protocols/srtp/session.ts';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';
import { MediaSender } from '../../../../gateway/servers/webrtc/media-sender.ts';
import { Pacer } from '../../../../gateway/servers/webrtc/pacer.ts';
import type { Peer } from '../../../../gateway/servers/webrtc/peer.ts';

const SSRC = 77;
const RTX_SSRC = 78;
const keyOf = (profile: SrtpProfile) => ({
  key: Buffer.alloc(16, 1),
  salt: Buffer.alloc(srtpProfiles[profile].saltBytes, 2),
});

const frame = (number: number, options: Partial<Frame> & { size?: number } = {}): Frame => {
  const payload = Buffer.alloc(options.size ?? 500, number);
  return {
    kind: 'video',
    payloads: [payload],
    bytes: payload.length,
    timestamp: number * 3600,
    pts: number * 40_000,
    key: false,
    disposable: false,
    ...options,
  };
};

const ofBrowsers = { ...noExtensions, playoutDelay: 5 };

interface Sent {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly sequence: number;
  readonly first: number;
  /** Bytes of packets that were written before this one left. */
  readonly written: number;
}

const create = (
  t: { after(undo: () => void): void },
  recent: readonly Frame[] = [],
  options: {
    readonly profile?: SrtpProfile;
    readonly extensions?: ExtensionIds;
    readonly hasPicture?: boolean;
  } = {},
) => {
  const { profile = 'AEAD_AES_128_GCM', extensions = noExtensions, hasPicture = true } = options;
  let now = 1000;
  const sent: Sent[] = [];
  const messages: RtcpMessage[] = [];
  const receiver = new SrtpReceiver(profile, keyOf(profile));
  const peer = {
    sender: new SrtpSender(profile, keyOf(profile)),
    mediaPath: {
      protocol: 'udp',
      remote: { address: '127.0.0.1', port: 1 },
      send(datagram: Buffer) {
        const header = readRtpHeader(datagram)!;
        const payload = receiver.unprotectRtp(datagram, header.length)!;
        sent.push({ ...header, first: payload[0]!, written: account.bytes });
      },
    },
    sendRtcp: (compound: Buffer) => readRtcp(compound, (message) => messages.push(message)),
  } as unknown as Peer;
  const account = { bytes: 0, dropped: 0, timestamp: 0 };
  const pacer = new Pacer(() => now);
  t.after(() => pacer.close());
  let rate = 0;
  const sender = new MediaSender({
    peer,
    account,
    pacer,
    video: {
      payloadType: 102,
      ssrc: SSRC,
      rtx: { payloadType: 103, ssrc: RTX_SSRC },
      extensions,
      cname: 'c',
    },
    audio: { payloadType: 111, ssrc: 99, rtx: undefined, extensions: noExtensions, cname: 'c' },
    clock: () => now,
    hasPicture: () => hasPicture,
    recent: () => recent,
    onKeyFrameWanted: () => {},
    mediaRate: () => rate,
  });
  return {
    sender,
    sent,
    messages,
    account,
    advance: (ms: number) => {
      now += ms;
      return now;
    },
    setRate: (value: number) => {
      rate = value;
    },
  };
};

test('nothing is sent before a key frame', (t) => {
  const { sender, sent, account } = create(t);
  sender.start();
  assert.equal(sender.state, 'waiting');
  sender.frame(frame(1));
  assert.equal(sent.length, 0);
  sender.frame(frame(2, { key: true }));
  sender.frame(frame(3));
  assert.deepEqual(
    sent.map(({ timestamp }) => timestamp),
    [7200, 10800],
  );
  assert.equal(sender.state, 'live');
  assert.equal(account.timestamp, 120);
  assert.ok(account.bytes > 1000);
});

test('a joiner runs through the cached GOP and stands at its newest frame', (t) => {
  const recent = [frame(10, { key: true }), frame(11), frame(12)];
  const { sender, sent } = create(t, recent);
  sender.start();
  assert.deepEqual(
    sent.map(({ timestamp }) => timestamp),
    [12 * 3600 - 90, 12 * 3600 - 45, 12 * 3600],
  );
  sender.frame(frame(13));
  assert.equal(sent.at(-1)!.timestamp, 13 * 3600);
});

test('a burst is paced: what does not fit goes when its time has come', (t) => {
  const recent = Array.from({ length: 60 }, (_, index) =>
    frame(index, { key: index === 0, size: 1100 }),
  );
  const { sender, sent, advance } = create(t, recent);
  sender.start();
  assert.ok(sent.length > 30 && sent.length < 60, `${sent.length}`);
  const before = sent.length;
  // 8 Mbit/s times 2.5: 2,500 bytes a millisecond
  assert.equal(sender.sendDue(advance(2)), true);
  assert.ok(sent.length > before);
  while (sender.sendDue(advance(2)));
  assert.equal(sent.length, 60);
  for (let index = 1; index < 60; index++) {
    assert.equal(sent[index]!.sequence - sent[index - 1]!.sequence, 1);
    assert.ok(sent[index]!.timestamp > sent[index - 1]!.timestamp);
  }
});

test('what starts a viewer, and what it asks for again, is signed four packets at a time', (t) => {
  const recent = [frame(1, { key: true }), frame(2), frame(3), frame(4)];
  const { sender, sent, account, advance } = create(t, recent, { profile: 'AES128_CM_SHA1_80' });
  /** The first of these packets waited for the three that follow. */
  const assertTogether = (from: number, before: number): void => {
    assert.equal(sent.length, from + 4);
    assert.ok(sent[from]!.written >= before + 3 * 500, `${sent[from]!.written}`);
  };
  sender.start();
  assertTogether(0, 0);
  let before = account.bytes;
  const sequences = sent.map(({ sequence }) => sequence);
  sender.onRtcp(Buffer.concat(sequences.map((sequence) => writeNack(1, SSRC, [sequence]))));
  assertTogether(4, before);
  advance(600);
  before = account.bytes;
  sender.onRtcp(writePli(1, SSRC));
  assertTogether(8, before);
});

test('NACK: once over the retransmission stream, not again before the round trip', (t) => {
  const { sender, sent } = create(t, [frame(1, { key: true }), frame(2)]);
  sender.start();
  const { sequence } = sent[0]!;
  const nack = writeNack(1, SSRC, [sequence]);
  sender.onRtcp(nack);
  sender.onRtcp(nack);
  assert.equal(sent.length, 3);
  assert.equal(sent[2]!.ssrc, RTX_SSRC);
  assert.equal(sent[2]!.timestamp, sent[0]!.timestamp);
  sender.onRtcp(writeNack(1, SSRC, [(sequence + 5000) & 0xffff]));
  sender.onRtcp(writeNack(1, 12345, [sequence]));
  assert.equal(sent.length, 3);
});

test('NACK: who misses a packet again says so within less than the usual round trip', (t) => {
  const { sender, sent, advance } = create(t, [frame(1, { key: true })]);
  sender.start();
  const nack = writeNack(1, SSRC, [sent[0]!.sequence]);
  sender.onRtcp(nack);
  // Of 50 ms, before one was measured.
  advance(20);
  sender.onRtcp(nack);
  assert.equal(sent.length, 2);
  advance(10);
  sender.onRtcp(nack);
  assert.equal(sent.length, 3);
});

test('on a lossy way packets go twice, and so does what is missing all the same', (t) => {
  const { sender, sent, advance } = create(t, [frame(1, { key: true })], {
    extensions: { ...noExtensions, transportCc: 3 },
  });
  sender.start();
  advance(200);
  sender.frame(frame(2));
  assert.equal(sent.length, 2);
  const feedback = { baseSequence: 1, arrivals: [undefined, 5_000] };
  sender.onRtcp(writeTransportFeedback(1, SSRC, 0, feedback));
  sender.onRtcp(writeNack(1, SSRC, [sent[0]!.sequence]));
  assert.deepEqual(
    sent.slice(2).map(({ ssrc, timestamp }) => [ssrc, timestamp]),
    [
      [RTX_SSRC, sent[0]!.timestamp],
      [RTX_SSRC, sent[0]!.timestamp],
    ],
  );
  assert.notEqual(sent[2]!.sequence, sent[3]!.sequence, 'no packet is encrypted twice alike');
  sender.frame(frame(3));
  assert.deepEqual(
    sent.slice(4).map(({ ssrc }) => ssrc),
    [SSRC, RTX_SSRC],
  );
});

test('PLI: starts over from the key frame, later in time, not more often than is useful', (t) => {
  const recent = [frame(1, { key: true }), frame(2)];
  const { sender, sent, advance } = create(t, recent);
  sender.start();
  sender.onRtcp(writePli(1, SSRC));
  sender.onRtcp(writePli(1, SSRC));
  assert.equal(sent.length, 4);
  assert.deepEqual(
    sent.map(({ first }) => first),
    [1, 2, 1, 2],
  );
  assert.ok(sent[2]!.timestamp > sent[1]!.timestamp && sent[3]!.timestamp > sent[2]!.timestamp);
  assert.ok(sent[3]!.timestamp < 3 * 3600, 'the next frame comes after it');
  advance(600);
  sender.onRtcp(writePli(1, SSRC));
  assert.equal(sent.length, 6);
});

test('a slow link loses disposable frames first', (t) => {
  const { sender, sent, account, setRate } = create(t, [frame(1, { key: true })]);
  sender.start();
  setRate(20_000_000);
  sender.frame(frame(2, { disposable: true }));
  assert.equal(sent.length, 1);
  assert.equal(account.dropped, 1);
  sender.frame(frame(3));
  assert.equal(sent.length, 2);
});

test('a queue that grows too long is cut back to the next key frame', (t) => {
  const { sender, sent, account, advance } = create(t, [frame(1, { key: true })]);
  sender.start();
  for (let number = 2; sender.state === 'live' && number < 5000; number++) {
    sender.frame(frame(number, { size: 1100 }));
  }
  assert.equal(sender.state, 'behind');
  assert.ok(account.dropped > 100);
  const before = sent.length;
  sender.frame(frame(6000));
  assert.equal(sent.length, before);
  advance(1000);
  sender.frame(frame(6001, { key: true }));
  sender.frame(frame(6002));
  assert.equal(sender.state, 'live');
  assert.equal(sent.at(-1)!.timestamp, 6002 * 3600);
});

test('sound goes past the pictures, once a browser can hear it, at first without any sound', (t) => {
  const { sender, sent, account, advance } = create(t, [], { extensions: ofBrowsers });
  sender.start();
  const sound = frame(1, { kind: 'audio', key: true });
  sender.frame(sound);
  assert.equal(sent.length, 0);
  advance(500);
  sender.frame(sound);
  assert.equal(sent.length, 1);
  assert.equal(sent[0]!.ssrc, 99);
  assert.ok(account.bytes < 50, 'header and tag, one byte of payload');
  advance(1000);
  sender.frame(sound);
  assert.equal(sent.length, 2);
  assert.ok(account.bytes > 500);
});

test('sound begins at once where there is no picture, and with what is no browser', (t) => {
  for (const options of [{ extensions: ofBrowsers, hasPicture: false }, {}]) {
    const { sender, sent, account } = create(t, [], options);
    sender.start();
    sender.frame(frame(1, { kind: 'audio', key: true }));
    assert.equal(sent.length, 1);
    assert.ok(account.bytes > 500);
  }
});

test('sender reports come once a second, with a goodbye at the end', (t) => {
  const { sender, messages, advance } = create(t, [frame(1, { key: true })]);
  sender.reportIfDue(5000, 1_000_000, 7);
  sender.start();
  sender.reportIfDue(5000, 1_000_000, 7);
  sender.reportIfDue(5001, 1_000_000, 7);
  const reports = messages.filter((message) => message.kind === 'sender-report');
  assert.deepEqual(
    reports.map((report) => report.kind === 'sender-report' && [report.ssrc, report.rtpTime]),
    [
      [SSRC, 90_007],
      [99, 48_007],
    ],
  );
  advance(1000);
  sender.reportIfDue(6000, 2_000_000, 7);
  assert.equal(messages.filter(({ kind }) => kind === 'sender-report').length, 4);
  sender.stop();
  assert.equal(messages.filter(({ kind }) => kind === 'bye').length, 2);
});
