import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { firefoxPath, startFirefox, type Firefox } from '../../helpers/firefox.ts';
import { openScope } from '../../helpers/scope.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import { startPlayerFixture, type PlayerFixture } from './player-fixture.ts';

/** Resolves to the transport when the player has shown twenty pictures. */
const PLAYS = `new Promise((resolve) => {
  const end = performance.now() + 15000;
  const look = () => {
    const player = document.querySelector('ams-player');
    const { state, currentTransport, error, statistics } = player;
    if (state === 'playing' && statistics?.framesShown > 20) resolve(currentTransport);
    else if (performance.now() > end) resolve([state, currentTransport, error?.message].join());
    else setTimeout(look, 50);
  };
  look();
})`;

describe('the player in Firefox', { skip: firefoxPath() === undefined && 'no Firefox' }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let firefox: Firefox;

  before(async () => {
    fixture = await startPlayerFixture(scope);
    await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
    firefox = await startFirefox(scope);
  });
  after(() => scope.close());

  it('plays by the fastest connection that this Firefox has', async () => {
    await firefox.goto(`${fixture.gateway.http}/player/lesson`);
    // WebRTC needs the OpenH264 plugin, which Firefox fetches when it may.
    const transport = await firefox.evaluate<string>(PLAYS);
    assert.ok(['webrtc', 'webcodecs'].includes(transport), transport);
  });

  for (const transport of ['mse', 'hls']) {
    it(`plays over ${transport}`, async () => {
      await firefox.goto(`${fixture.gateway.http}/player/lesson?transport=${transport}&muted`);
      assert.equal(await firefox.evaluate<string>(PLAYS), transport);
    });
  }
});
