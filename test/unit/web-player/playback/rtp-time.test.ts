import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRtpTime, streamTime } from '../../../../web-player/src/playback/rtp-time.ts';

const answer = (line: string) =>
  [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=x-ams-media-time:1 1',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    line,
    '',
  ].join('\r\n');

test('the video section’s attribute is read', () => {
  assert.deepEqual(parseRtpTime(answer('a=x-ams-media-time:4294967295 61020.5')), {
    rtp: 4294967295,
    pts: 61020.5,
  });
});

test('without it, or with something else, there is nothing', () => {
  assert.equal(parseRtpTime(answer('a=mid:1')), undefined);
  assert.equal(parseRtpTime(answer('a=x-ams-media-time:abc 1')), undefined);
  assert.equal(parseRtpTime(''), undefined);
});

test('time stamps wrap', () => {
  const known = { rtp: 0xffff_ffff - 8999, pts: 1000 };
  assert.equal(streamTime(known, 0), 1100);
  assert.equal(streamTime(known, known.rtp), 1000);
  assert.equal(streamTime(known, known.rtp - 90), 999);
});
