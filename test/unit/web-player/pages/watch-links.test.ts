import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  embedCode,
  ffmpegCommand,
  isFileName,
  publishServer,
  readable,
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

  it('of a file are its page and where it plays', () => {
    const links = Object.fromEntries(
      watchLinks('几何.mp4', at).map(({ kind, text }) => [kind, text]),
    );
    const part = encodeURIComponent('几何.mp4');
    assert.deepEqual(
      { ...links, embed: '' },
      {
        page: `https://media.example:8443/player/${part}`,
        file: `https://media.example:8443/${part}`,
        rtmp: `rtmp://media.example/vod/${part}`,
        embed: '',
      },
    );
    assert.deepEqual(
      ['a.MP4', 'b.flv', 'lesson', 'v1.2'].map((name) => isFileName(name)),
      [true, true, false, false],
    );
  });

  it('are read in their own script, and never break for it', () => {
    const [page] = watchLinks('几何', at);
    assert.equal(readable(page!.text), 'https://media.example:8443/player/几何');
    assert.equal(readable('http://x/%E4'), 'http://x/%E4');
    assert.equal(readable('http://x/a%2Fb%3Fc'), 'http://x/a%2Fb%3Fc');
  });

  it('ask for what the player in a frame needs', () => {
    const code = embedCode('lesson', at);
    assert.match(code, / allowfullscreen /);
    for (const leave of ['autoplay', 'picture-in-picture', 'screen-wake-lock']) {
      assert.match(code, new RegExp(`allow="[^"]*${leave}`));
    }
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
