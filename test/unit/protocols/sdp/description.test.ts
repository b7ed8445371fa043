import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attributeOf,
  attributesOf,
  parseSdp,
  SdpError,
} from '../../../../gateway/protocols/sdp/description.ts';

test('lines become sections and attributes, whatever ends the lines', () => {
  for (const end of ['\r\n', '\n', '\r']) {
    const text = [
      'v=0',
      'a=group:BUNDLE 0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
      'a=mid:0',
      'a=rtcp-mux',
      '',
    ];
    const { attributes, media } = parseSdp(text.join(end));
    assert.deepEqual(attributes, [{ name: 'group', value: 'BUNDLE 0' }]);
    assert.equal(media.length, 1);
    assert.equal(media[0]!.kind, 'audio');
    assert.equal(media[0]!.port, 9);
    assert.deepEqual(media[0]!.formats, ['111', '0']);
    assert.equal(attributeOf(media[0]!, 'mid'), '0');
    assert.equal(attributeOf(media[0]!, 'rtcp-mux'), '');
    assert.equal(attributeOf(media[0]!, 'none'), undefined);
  }
});

test('all attributes of a name come in order', () => {
  const { media } = parseSdp('m=video 9 X 1\r\na=ssrc:1 a\r\na=x\r\na=ssrc:2 b\r\n');
  assert.deepEqual(attributesOf(media[0]!, 'ssrc'), ['1 a', '2 b']);
});

test('what is no session description is named', () => {
  assert.throws(() => parseSdp('{"type":"offer"}'), SdpError);
  assert.throws(() => parseSdp('m=video nine X 1'), /not "m=<kind> <port>/);
  assert.throws(() => parseSdp('m=video'), SdpError);
});

test('sizes are bounded', () => {
  assert.throws(() => parseSdp('a'.repeat(70_000)), /70000 characters; at most 65536/);
  assert.throws(() => parseSdp('a=x\n'.repeat(3000)), /3001 lines/);
  assert.throws(() => parseSdp('m=audio 9 X 1\n'.repeat(17)), /more than 16 media sections/);
});
