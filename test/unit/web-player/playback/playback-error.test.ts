import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  errorOfAnswer,
  PlaybackError,
} from '../../../../web-player/src/playback/playback-error.ts';

const cases: [status: number, code: string | undefined, expected: string][] = [
  [403, undefined, 'refused'],
  [401, undefined, 'refused'],
  [503, undefined, 'limit'],
  [404, undefined, 'unsupported'],
  [404, 'not_live', 'not_live'],
  [404, '', 'not_live'],
  [406, 'b_frames', 'b_frames'],
  [406, undefined, 'unsupported'],
  [406, 'no_codec', 'codec'],
  [405, undefined, 'unsupported'],
  [500, undefined, 'network'],
];
for (const [status, code, expected] of cases) {
  test(`${status} with the code ${code} is ${expected}`, () => {
    const error = errorOfAnswer('WHEP', status, code);
    assert.equal(error.code, expected);
    assert.match(error.message, new RegExp(`${status}`));
  });
}

test('only what can never work is permanent', () => {
  const permanent = (code: ConstructorParameters<typeof PlaybackError>[0]) =>
    new PlaybackError(code, '').permanent;
  assert.ok(permanent('codec') && permanent('unsupported') && permanent('b_frames'));
  assert.ok(!permanent('network') && !permanent('slow_start') && !permanent('not_live'));
});
