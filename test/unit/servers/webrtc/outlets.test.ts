import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hub } from '../../../../gateway/live/hub.ts';
import type { LiveSettings } from '../../../../gateway/live/settings.ts';
import type { Log } from '../../../../gateway/ops/log.ts';
import { Outlets } from '../../../../gateway/servers/webrtc/outlets.ts';
import { TranscodeBudget } from '../../../../gateway/servers/webrtc/transcode-budget.ts';

test('an outlet lives from its first viewer to its last, and so does the stream', () => {
  const hub = new Hub(
    () => ({ gop: { frames: 1, bytes: 1, duration: 1 } }) as LiveSettings,
    () => 0,
  );
  const outlets = new Outlets({
    hub,
    log: {} as Log,
    ffmpeg: undefined,
    budget: new TranscodeBudget(() => 0),
    clock: () => 0,
    wall: () => 0,
  });
  const held = hub.hold('a');
  const first = outlets.use(held.stream);
  const second = outlets.use(held.stream);
  assert.equal(first.outlet, second.outlet);
  held.release();
  first.release();
  first.release();
  assert.equal(hub.find('a'), held.stream);
  second.release();
  assert.equal(hub.find('a'), undefined);
  const again = hub.hold('a');
  assert.notEqual(outlets.use(again.stream).outlet, first.outlet);
});
