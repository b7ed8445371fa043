import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  dropClients,
  dropHttpClient,
  dropPublishers,
} from '../../../../gateway/ams/control/drop.ts';
import { SessionRegistry } from '../../../../gateway/sessions/registry.ts';
import type { EndReason, SessionDetails } from '../../../../gateway/sessions/session.ts';
import { detailsWith } from '../../../helpers/ams-fixtures.ts';

async function registryWith(...all: Partial<SessionDetails>[]) {
  const registry = new SessionRegistry({ maxStreams: 100, maxClients: 100 });
  const ended: [clientId: number, code: EndReason['code']][] = [];
  for (const details of all) {
    const whole = detailsWith(details);
    await registry.open(whole, ({ code }) => ended.push([whole.clientId, code]));
  }
  return { registry, ended };
}

suite('drop', () => {
  test('publishers with their players, who go first', async () => {
    const { registry, ended } = await registryWith(
      { clientId: 1, kind: 'publish' },
      { clientId: 2 },
      { clientId: 3, name: 'other' },
      { clientId: 4, app: 'vod' },
      { clientId: 5, protocol: 'hls' },
    );
    assert.equal(dropPublishers(registry, { name: 'lesson' }), 1);
    assert.deepEqual(ended, [
      [2, 'dropped'],
      [5, 'dropped'],
      [1, 'dropped'],
    ]);
    assert.equal(registry.list().length, 2);
  });

  test('players without a publisher stay when publishers go', async () => {
    const { registry } = await registryWith({ clientId: 2 });
    assert.equal(dropPublishers(registry, {}), 0);
    assert.equal(registry.list().length, 1);
  });

  test('clients: what is not given matches everybody, what is given must match', async () => {
    const { registry } = await registryWith(
      { clientId: 1, kind: 'publish', addr: '192.0.2.9' },
      { clientId: 2, app: 'vod' },
      { clientId: 3, protocol: 'flv' },
    );
    assert.equal(dropClients(registry, { clientId: 3, protocol: 'hls' }), 0);
    assert.equal(dropClients(registry, { name: 'lesson', addr: '192.0.2.9' }), 1);
    assert.equal(dropClients(registry, { name: 'lesson' }), 1, 'the file of that name stays');
    assert.equal(dropClients(registry, {}), 1);
  });

  test('sessions of one connection are one client', async () => {
    const { registry } = await registryWith(
      { clientId: 1, kind: 'publish' },
      { clientId: 1, name: 'other' },
    );
    assert.equal(dropClients(registry, {}), 1);
  });

  test('an HTTP client by its number', async () => {
    const { registry } = await registryWith({ clientId: 1 }, { clientId: 2, protocol: 'webrtc' });
    assert.equal(dropHttpClient(registry, 1), false);
    assert.equal(dropHttpClient(registry, 2), true);
    assert.equal(dropHttpClient(registry, 2), false);
    assert.equal(registry.list().length, 1);
  });
});
