import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../../../../gateway/servers/webrtc/peer.ts';
import { Resources, tagOf } from '../../../../gateway/servers/webrtc/resources.ts';
import { Session, type SessionDetails } from '../../../../gateway/sessions/session.ts';

const peer = { ice: { ufrag: 'abc', password: '' } } as Peer;

const create = () => {
  const details: SessionDetails = {
    ...({ kind: 'play', protocol: 'webrtc', app: 'live', name: 'a' } as const),
    ...{ clientId: 1, addr: '::1', args: [] },
  };
  const session = new Session(details, 0, () => {});
  const resources = new Resources();
  const id = resources.add({ kind: 'whep', name: 'a', peer, session, mid: '0' });
  return { session, resources, id };
};

test('a session is found by its kind, name and identifier together, until it ends', () => {
  const { session, resources, id } = create();
  assert.equal(resources.find('whep', id, 'a').session, session);
  for (const [kind, key, name] of [
    ['whip', id, 'a'],
    ['whep', id, 'b'],
    ['whep', `${id}x`, 'a'],
  ] as const) {
    assert.throws(() => resources.find(kind, key, name), { code: 'no_session', status: 404 });
  }
  assert.equal(resources.sessions.length, 1);
  session.end({ code: 'client_left', message: '' });
  assert.equal(resources.sessions.length, 0);
});

test('identifiers cannot be guessed; the entity tag is the ICE session’s', () => {
  assert.notEqual(create().id, create().id);
  assert.ok(create().id.length >= 21);
  assert.equal(tagOf(peer), '"abc"');
});
