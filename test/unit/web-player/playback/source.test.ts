import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { liveAddresses, parseSource } from '../../../../web-player/src/playback/source.ts';

const server = 'https://media.example:8443/some/page';

describe('what src names', () => {
  it('a stream by its bare name belongs to the server', () => {
    assert.deepEqual(parseSource('lesson', server), {
      kind: 'live',
      name: 'lesson',
      origin: 'https://media.example:8443',
      query: '',
    });
  });

  it('arguments go along', () => {
    const source = parseSource('lesson?user=u&token=t', server);
    assert.equal(source?.kind === 'live' && source.query, '?user=u&token=t');
  });

  it('names may be of any script', () => {
    assert.equal(parseSource('数学课_1', server)?.name, '数学课_1');
  });

  it('a media extension makes it a file', () => {
    assert.deepEqual(parseSource('1.mp4?start=20', server), {
      kind: 'file',
      name: '1.mp4',
      url: 'https://media.example:8443/1.mp4?start=20',
    });
  });

  for (const address of [
    'https://other.example/live/lesson.flv?token=t',
    'wss://other.example/live/lesson.flv?token=t',
    'https://other.example/live/lesson/whep?token=t',
    'https://other.example/player/lesson?token=t',
  ]) {
    it(`${address} is the stream at its own gateway`, () => {
      assert.deepEqual(parseSource(address, server), {
        kind: 'live',
        name: 'lesson',
        origin: 'https://other.example',
        query: '?token=t',
      });
    });
  }

  it('an RTMP address is asked of the page’s gateway, as it says nothing of HTTP', () => {
    assert.deepEqual(parseSource('rtmp://other.example/live/lesson', server), {
      kind: 'live',
      name: 'lesson',
      origin: 'https://media.example:8443',
      query: '',
    });
  });

  it('a playlist’s address is played as HLS and nothing else', () => {
    const url = 'https://cdn.example/x/index.m3u8?k=1';
    assert.deepEqual(parseSource(url, server), { kind: 'hls', name: 'index.m3u8', url });
  });

  for (const nothing of [
    '',
    '  ',
    '.hidden',
    'a/../b\\',
    '<img src=x>',
    'two words',
    'ftp://x/live/lesson.flv',
    'rtmp://x/y',
    'javascript:alert(1)',
  ]) {
    it(`${JSON.stringify(nothing)} is nothing`, () => {
      assert.equal(parseSource(nothing, server), undefined);
    });
  }
});

describe('the addresses of a stream', () => {
  it('are those of the AMS surface, with arguments and the socket’s scheme', () => {
    const source = parseSource('数学 课'.replace(' ', ''), 'http://10.0.0.1:89');
    assert.ok(source?.kind === 'live');
    const name = encodeURIComponent('数学课');
    assert.deepEqual(liveAddresses({ ...source, query: '?t=1' }), {
      whep: `http://10.0.0.1:89/live/${name}/whep?t=1`,
      whip: `http://10.0.0.1:89/live/${name}/whip?t=1`,
      webSocketFlv: `ws://10.0.0.1:89/live/${name}.flv?t=1`,
      httpFlv: `http://10.0.0.1:89/live/${name}.flv?t=1`,
      hls: `http://10.0.0.1:89/${name}/index.m3u8?t=1`,
      timing: `http://10.0.0.1:89/live/${name}/timing?t=1`,
    });
  });

  it('use secure sockets on secure pages', () => {
    const source = parseSource('a', server);
    assert.ok(source?.kind === 'live');
    assert.match(liveAddresses(source).webSocketFlv, /^wss:/);
  });
});
