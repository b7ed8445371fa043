import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { notifyAddress, notifyPlan } from '../../../../gateway/ams/callbacks/plan.ts';
import { configWith, detailsWith } from '../../../helpers/ams-fixtures.ts';

suite('notify plan', () => {
  const switches = [
    ['enable_rtmp_publish_s_notify', detailsWith({ kind: 'publish' }), 'start'],
    ['enable_rtmp_publish_e_notify', detailsWith({ kind: 'publish' }), 'end'],
    ['enable_rtmp_update_notify', detailsWith({ kind: 'publish' }), 'update'],
    ['enable_rtmp_live_s_notify', detailsWith(), 'start'],
    ['enable_rtmp_live_e_notify', detailsWith(), 'end'],
    ['enable_rtmp_vod_s_notify', detailsWith({ app: 'vod' }), 'start'],
    ['enable_rtmp_vod_e_notify', detailsWith({ app: 'vod' }), 'end'],
    ['enable_http_live_s_notify', detailsWith({ protocol: 'hls' }), 'start'],
    ['enable_http_live_e_notify', detailsWith({ protocol: 'webrtc' }), 'end'],
    ['enable_http_vod_s_notify', detailsWith({ protocol: 'mp4', app: 'vod' }), 'start'],
    ['enable_http_vod_e_notify', detailsWith({ protocol: 'mp4', app: 'vod' }), 'end'],
  ] as const;

  for (const [key, details, moment] of switches) {
    test(`${key} alone switches on exactly its callback`, () => {
      const expected = { start: false, end: false, update: false, [moment]: true };
      const { start, end, update } = notifyPlan(configWith({ [key]: true }), details);
      assert.deepEqual({ start, end, update }, expected);
      const everything = Object.fromEntries(switches.map(([name]) => [name, true]));
      const without = notifyPlan(configWith({ ...everything, [key]: false }), details);
      assert.equal(without[moment], false);
    });
  }

  test('players never get updates', () => {
    const plan = notifyPlan(configWith({ enable_rtmp_update_notify: true }), detailsWith());
    assert.equal(plan.update, false);
  });

  test('a WHIP publisher reports like an RTMP publisher', () => {
    const plan = notifyPlan(configWith(), detailsWith({ kind: 'publish', protocol: 'webrtc' }));
    assert.equal(plan.family, 'rtmp');
    assert.equal(plan.app, 'live');
  });

  test('app in both spellings', () => {
    const names = (style: 'plain' | 'manual') =>
      (
        [
          ['rtmp', 'live'],
          ['rtmp', 'vod'],
          ['flv', 'live'],
          ['mp4', 'vod'],
        ] as const
      ).map(
        ([protocol, app]) =>
          notifyPlan(configWith({ notify_app_style: style }), detailsWith({ protocol, app })).app,
      );
    assert.deepEqual(names('plain'), ['live', 'vod', 'http_live', 'http_vod']);
    assert.deepEqual(names('manual'), ['Live', 'Vod', 'http_Live', 'http_Vod']);
  });

  test('each family has its address', () => {
    const config = configWith({ rtmp_notify: 'http://a/', http_notify: 'http://b/' });
    assert.equal(notifyAddress(config, 'rtmp'), 'http://a/');
    assert.equal(notifyAddress(config, 'http'), 'http://b/');
  });
});
