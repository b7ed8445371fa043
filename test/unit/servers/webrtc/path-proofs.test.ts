import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  buildStun,
  integrityMatches,
  parseStun,
  stunTypes,
} from '../../../../gateway/protocols/stun/message.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';
import { PathProofs } from '../../../../gateway/servers/webrtc/path-proofs.ts';

const local = { ufrag: 'ours', password: 'our password' };
const remote = { ufrag: 'theirs', password: 'their password' };

const pathFrom = (port: number, protocol: Path['protocol'] = 'udp'): Path => ({
  protocol,
  remote: { address: '127.0.0.1', port },
  send: () => {},
});

const answerTo = (question: Buffer, password: string, type: number = stunTypes.bindingSuccess) =>
  buildStun({ type, transactionId: parseStun(question)!.transactionId, password });

const take = (proofs: PathProofs, datagram: Buffer, path: Path): boolean =>
  proofs.answer(datagram, parseStun(datagram)!, path, remote);

test('a path is proven by the answer to our check, from there and signed', () => {
  const proofs = new PathProofs();
  const [path, other] = [pathFrom(1), pathFrom(2)];
  const question = proofs.question(path, local, remote, 0)!;
  const message = parseStun(question)!;
  assert.equal(message.type, stunTypes.bindingRequest);
  assert.equal(message.username, 'theirs:ours');
  assert.equal(message.controlled, 1n, 'a lite agent never controls');
  assert.equal(message.useCandidate, false);
  assert.ok(integrityMatches(question, message, remote.password));

  assert.equal(take(proofs, answerTo(question, 'guessed'), path), false);
  assert.equal(take(proofs, answerTo(question, remote.password), other), false);
  const error = answerTo(question, remote.password, stunTypes.bindingError);
  assert.equal(take(proofs, error, path), false);
  const type = stunTypes.bindingSuccess;
  const guessed = buildStun({ type, transactionId: randomBytes(12), password: remote.password });
  assert.equal(take(proofs, guessed, path), false);
  assert.equal(proofs.isProven(path), false);

  assert.equal(take(proofs, answerTo(question, remote.password), path), true);
  assert.equal(proofs.isProven(path), true);
  assert.equal(proofs.isProven(other), false);
  assert.equal(proofs.question(path, local, remote, 1000), undefined);
});

test('an address is asked ten times a second, then once a second, and never given up', () => {
  const proofs = new PathProofs();
  const path = pathFrom(1);
  const asked: { now: number; question: Buffer }[] = [];
  for (let now = 0; now < 60_000; now += 10) {
    const question = proofs.question(path, local, remote, now);
    if (question !== undefined) asked.push({ now, question });
  }
  const times = asked.map(({ now }) => now);
  assert.deepEqual(
    times.slice(0, 12),
    [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1900, 2900],
  );
  assert.equal(times.at(-1), 59_900);
  // It is one question: whichever was heard, its answer counts.
  assert.equal(take(proofs, answerTo(asked[3]!.question, remote.password), path), true);
});

test('after an ICE restart old answers do not count', () => {
  const proofs = new PathProofs();
  const path = pathFrom(1);
  const question = proofs.question(path, local, remote, 0)!;
  proofs.restart();
  assert.equal(take(proofs, answerTo(question, remote.password), path), false);
  assert.notEqual(proofs.question(path, local, remote, 0), undefined);
});

test('a handshake proves the path over which all of it went, and a TCP connection itself', () => {
  const one = new PathProofs();
  const [first, second] = [pathFrom(1), pathFrom(2)];
  one.handshakeDone();
  one.handshakeGoes(first);
  one.handshakeGoes(first);
  assert.equal(one.isProven(first), false);
  assert.equal(one.handshakeDone(), first);
  assert.equal(one.isProven(first), true);
  const both = new PathProofs();
  both.handshakeGoes(first);
  both.handshakeGoes(second);
  both.handshakeGoes(first);
  assert.equal(both.handshakeDone(), undefined);
  assert.deepEqual([both.isProven(first), both.isProven(second)], [false, false]);
  assert.equal(one.isProven(pathFrom(3, 'tcp')), true);
});

test('a path that is given up is proven no more', () => {
  const proofs = new PathProofs();
  const path = pathFrom(1);
  take(proofs, answerTo(proofs.question(path, local, remote, 0)!, remote.password), path);
  proofs.handshakeGoes(path);
  proofs.forget(path);
  assert.equal(proofs.handshakeDone(), undefined);
  assert.equal(proofs.isProven(path), false);
});
