import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactNtp, toNtp } from '../../../../gateway/protocols/rtp/rtcp-writer.ts';
import type { RtpSender } from '../../../../gateway/servers/webrtc/rtp-sender.ts';
import { SenderReports } from '../../../../gateway/servers/webrtc/sender-reports.ts';

const UNIX = 1_700_000_000_250;

/** Notes the RTP time that it is asked to report. */
const senderOf = (name: string, asked: [string, number, number][]): RtpSender =>
  ({
    report: (unixMs: number, ticks: number) => {
      asked.push([name, unixMs, ticks]);
      return Buffer.from(name);
    },
  }) as RtpSender;

const answerTo = (unixMs: number, heldMs: number) => ({
  ssrc: 1,
  fractionLost: 0,
  lastReport: compactNtp(toNtp(unixMs)),
  delaySinceLastReport: Math.round(heldMs * 65.536),
});

test('picture and sound are reported for the same moment, each in its own ticks', () => {
  const reports = new SenderReports();
  const asked: [string, number, number][] = [];
  const senders = { video: senderOf('video', asked), audio: senderOf('audio', asked) };
  assert.equal(reports.write(0, UNIX, 2_000_000, 7, senders).toString(), 'videoaudio');
  assert.deepEqual(asked, [
    ['video', UNIX, 180_007],
    ['audio', UNIX, 96_007],
  ]);
  assert.equal(reports.write(0, UNIX, 0, 0, { ...senders, video: undefined }).toString(), 'audio');
});

test('reports are due once a second', () => {
  const reports = new SenderReports();
  assert.equal(reports.isDue(0), true);
  reports.write(0, UNIX, 0, 0, { video: undefined, audio: undefined });
  assert.equal(reports.isDue(999), false);
  assert.equal(reports.isDue(1000), true);
});

test('the round trip is the time until the answer, less what the viewer held it', () => {
  const reports = new SenderReports();
  assert.equal(reports.rttMs, 50);
  for (let at = 0; at < 30_000; at += 1000) {
    reports.write(at, UNIX + at, 0, 0, { video: undefined, audio: undefined });
    reports.onBlocks([answerTo(UNIX + at, 400)], at + 420);
  }
  assert.ok(Math.abs(reports.rttMs - 20) < 0.1, `${reports.rttMs}`);
});

test('answers to other reports, or that were held impossibly long, make no nonsense of it', () => {
  const reports = new SenderReports();
  reports.onBlocks([answerTo(UNIX, 0)], 5000);
  assert.equal(reports.rttMs, 50);
  reports.write(0, UNIX, 0, 0, { video: undefined, audio: undefined });
  reports.onBlocks([answerTo(UNIX - 5000, 0)], 5000);
  assert.equal(reports.rttMs, 50);
  for (let count = 0; count < 50; count++) reports.onBlocks([answerTo(UNIX, 60_000)], 10);
  assert.ok(reports.rttMs >= 1);
});
