import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { StunFields } from '../../../../gateway/protocols/stun/message.ts';
import { buildStun, parseStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import { createIceCredentials, IceLite } from '../../../../gateway/servers/webrtc/ice-lite.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';
import { answerTo, pathFrom, type TestPath } from '../../../helpers/webrtc-paths.ts';

const create = () => {
  const gone: Path[] = [];
  const ice = new IceLite({ ufrag: 'them', password: 'theirs' }, () => 0, {
    onMediaPath: () => {},
    onPathGone: (path) => gone.push(path),
    onBroken: () => {},
  });
  const check = (path: Path, fields: Partial<StunFields> = {}): boolean => {
    const datagram = buildStun({
      type: stunTypes.bindingRequest,
      transactionId: randomBytes(12),
      username: `${ice.local.ufrag}:them`,
      controlling: 1n,
      password: ice.local.password,
      ...fields,
    });
    return ice.onCheck(datagram, parseStun(datagram)!, path);
  };
  const answer = (path: TestPath): boolean => {
    const datagram = answerTo(path, 'theirs');
    return ice.onCheckAnswer(datagram, parseStun(datagram)!, path);
  };
  return { ice, gone, check, answer };
};

test('credentials are long enough and never the same', () => {
  const [a, b] = [createIceCredentials(), createIceCredentials()];
  assert.match(a.ufrag, /^[A-Za-z0-9+/]{12}$/);
  assert.match(a.password, /^[A-Za-z0-9+/]{32}$/);
  assert.notEqual(a.ufrag, b.ufrag);
});

test('checks are answered; the nominated path is taken', () => {
  const { ice, check } = create();
  const [first, second] = [pathFrom(1), pathFrom(2)];
  assert.equal(check(first), true);
  assert.equal(ice.path, first);
  assert.equal(parseStun(first.sent[0]!)?.type, stunTypes.bindingSuccess);
  check(second, { useCandidate: true });
  assert.equal(ice.path, second);
  check(first);
  assert.equal(ice.path, second, 'a check that nominates nothing moves nothing');
  check(first, { useCandidate: true });
  assert.equal(ice.path, first);
});

test('a check that was overheard moves nothing; one that is repeated on its way is answered', () => {
  const { ice, check } = create();
  const [own, elsewhere] = [pathFrom(1), pathFrom(2)];
  const fields = { transactionId: randomBytes(12), useCandidate: true };
  assert.equal(check(own, fields), true);
  assert.equal(check(elsewhere, fields), false);
  assert.deepEqual(elsewhere.sent, []);
  assert.equal(ice.path, own);
  assert.equal(check(own, fields), true);
});

test('checks with a wrong password are not answered', () => {
  const { ice, check } = create();
  const path = pathFrom(1);
  assert.equal(check(path, { password: 'guessed' }), false);
  assert.deepEqual(path.sent, []);
  assert.equal(ice.path, undefined);
});

test('of too many addresses the one that was silent longest is given up, never one in use', () => {
  const { ice, check, answer, gone } = create();
  const paths = Array.from({ length: 40 }, (_, index) => pathFrom(index + 1));
  check(paths[0]!, { useCandidate: true });
  answer(paths[0]!);
  for (const path of paths.slice(1, 16)) assert.equal(check(path), true);
  assert.deepEqual(gone, []);
  check(paths[1]!);
  for (const path of paths.slice(16)) {
    assert.equal(check(path, { useCandidate: true }), true);
    assert.equal(ice.mediaPath, paths[0], 'until another is proven');
  }
  assert.deepEqual(gone.slice(0, 15), [...paths.slice(2, 16), paths[1]]);
  assert.equal(gone.length, 40 - 16);
  answer(paths[39]!);
  assert.equal(ice.mediaPath, paths[39]);
});

test('an ICE restart changes the credentials; the old ones count no more', () => {
  const { ice, check } = create();
  const before = ice.local;
  ice.restart({ ufrag: 'others', password: 'new' });
  assert.notEqual(ice.local.ufrag, before.ufrag);
  assert.equal(ice.remote.ufrag, 'others');
  assert.equal(check(pathFrom(1), { password: before.password }), false);
  assert.equal(check(pathFrom(1)), true);
});
