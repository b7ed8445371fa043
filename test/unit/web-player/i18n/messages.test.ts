import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf } from '../../../../web-player/src/i18n/language.ts';
import { playerMessages, reasonSentence } from '../../../../web-player/src/i18n/player-messages.ts';
import { PlaybackError } from '../../../../web-player/src/playback/playback-error.ts';
import { pageMessages } from '../../../../web-player/src/pages/page-messages.ts';

test('Chinese of any kind is Chinese; everything else is answered in English', () => {
  assert.deepEqual(['zh', 'zh-CN', 'ZH-Hant-TW'].map(languageOf), ['zh', 'zh', 'zh']);
  assert.deepEqual(
    ['en-GB', 'de', '', null, undefined, 'zhx'].map(languageOf),
    Array(6).fill('en'),
  );
});

/** All texts of a tree of messages by their path; functions are called with an example. */
function texts(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    const at = `${path}.${key}`;
    if (typeof value === 'string') found.set(at, value);
    else if (typeof value === 'function')
      found.set(at, (value as (...x: unknown[]) => string)(2, 2));
    else for (const [deeper, text] of texts(value as object, at)) found.set(deeper, text);
  }
  return found;
}

for (const [what, { en, zh }] of Object.entries({ player: playerMessages, pages: pageMessages })) {
  test(`the ${what} say the same things in both languages`, () => {
    const [english, chinese] = [texts(en), texts(zh)];
    assert.deepEqual([...chinese.keys()].sort(), [...english.keys()].sort());
    for (const [path, text] of [...english, ...chinese]) assert.notEqual(text.trim(), '', path);
  });

  test(`the ${what} say nothing in the other language`, () => {
    const ideograph = /\p{Script=Han}/u;
    for (const [path, text] of texts(en)) {
      if (path !== '.otherLanguage') assert.doesNotMatch(text, ideograph, path);
    }
  });
}

test('the reason for a transport is a sentence in the language of the page', () => {
  const error = new PlaybackError('b_frames', 'WHEP was answered with 406 (b_frames).');
  const reason = { kind: 'after', failed: 'webrtc', error } as const;
  assert.equal(
    reasonSentence(reason, playerMessages.en),
    'WebRTC did not work: The stream has B-frames, which WebRTC cannot carry.',
  );
  assert.equal(
    reasonSentence(reason, playerMessages.zh),
    'WebRTC 未能播放：该直播含有 B 帧，WebRTC 无法传输。',
  );
  assert.match(reasonSentence({ kind: 'first' }, playerMessages.zh), /首选/);
});
