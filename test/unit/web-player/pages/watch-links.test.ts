import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  embedCode,
  ffmpegCommand,
  publishServer,
  watchLinks,
} from '../../../../web-player/src/pages/watch-links.ts';

const at = { host: 'media.example', origin: 'https://media.example:8443', rtmpPort: 1935 };

describe('the addresses on the page', () => {
  it('are those of the AMS surface', () => {
    const links = Object.fromEntries(
      watchLinks('lesson', at).map(({ kind, text }) => [kind, text]),
    );
    assert.deepEqual(
      { ...links, embed: '' },
      {
        page: 'https://media.example:8443/player/lesson',
        hls: 'https://media.example:8443/lesson/index.m3u8',
        'http-flv': 'https://media.example:8443/live/lesson.flv',
        'ws-flv': 'wss://media.example:8443/live/lesson.flv',
        rtmp: 'rtmp://media.example/live/lesson',
        webrtc: 'https://media.example:8443/live/lesson/whep',
        embed: '',
      },
    );
  });

  it('encode names, so that none breaks out of the embed code or the command', () => {
    const hostile = `"><script>'$(x)`;
    assert.doesNotMatch(embedCode(hostile, at), /<script/);
    assert.doesNotMatch(ffmpegCommand('课', at), /课/);
  });

  it('name a port only when it is not the usual one', () => {
    assert.equal(publishServer(at), 'rtmp://media.example/live');
    assert.equal(publishServer({ ...at, rtmpPort: 19350 }), 'rtmp://media.example:19350/live');
  });

  it('put brackets around IPv6 once', () => {
    assert.equal(publishServer({ ...at, host: '::1' }), 'rtmp://[::1]/live');
    assert.equal(publishServer({ ...at, host: '[::1]' }), 'rtmp://[::1]/live');
  });
});
