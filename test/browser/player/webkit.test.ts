import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openScope } from '../../helpers/scope.ts';
import { startWebKit, webkitMissing, type WebKit } from '../../helpers/webkit.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import { pictureMoves, startPlayerFixture, until, type PlayerFixture } from './player-fixture.ts';

describe('WebKitGTK, the nearest to Safari', { skip: webkitMissing() }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let webkit: WebKit;

  before(async () => {
    fixture = await startPlayerFixture(scope);
    await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
    webkit = await startWebKit(scope);
  });
  after(() => scope.close());

  /** Resolves to the transport when the player plays with sound. */
  async function plays(): Promise<string> {
    await until(
      webkit,
      `((player) => player?.state === 'playing' && !player.muted &&
        player.statistics?.framesShown > 25 && player.statistics.audioCodec !== undefined)(
        document.querySelector('ams-player'))`,
    );
    await pictureMoves(webkit);
    return webkit.evaluate<string>(`document.querySelector('ams-player').currentTransport`);
  }

  it('plays picture and sound by the fastest connection that it has', async () => {
    await webkit.goto(`${fixture.gateway.http}/player/lesson`);
    // Debian's build has no WebRTC.
    assert.ok(['webrtc', 'webcodecs'].includes(await plays()));
  });

  it('plays picture and sound over mse, without beginning anew', async () => {
    await webkit.goto(`${fixture.gateway.http}/player/lesson?transport=mse`);
    assert.equal(await plays(), 'mse');
    // Its counter goes back to 0 when it begins anew, as it does at every change of speed.
    await until(webkit, `document.querySelector('ams-player').statistics.framesShown > 100`);
  });

  it('plays picture and sound over hls', async () => {
    await webkit.goto(`${fixture.gateway.http}/player/lesson?transport=hls`);
    assert.equal(await plays(), 'hls');
  });

  it('shows the home page with what is live, playing', async () => {
    await webkit.goto(fixture.gateway.http);
    await until(webkit, `document.querySelector('.streams .name')?.textContent === 'lesson'`);
    await plays();
  });
});
