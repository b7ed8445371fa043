import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAvcConfig } from '../../../../shared/codecs/avc.ts';
import { parseVideoTag } from '../../../../shared/flv/video-tag.ts';
import { AvcIngest } from '../../../../gateway/servers/webrtc/avc-ingest.ts';
import { AVC_CONFIG } from '../../../helpers/numbered-publisher.ts';

const { sps, pps } = parseAvcConfig(AVC_CONFIG);
const KEY = Buffer.from([0x65, 1, 2, 3]);
const DELTA = Buffer.from([0x41, 4, 5, 6]);

const create = () => {
  const events: string[] = [];
  const ingest = new AvcIngest({
    toMs: (rtp) => rtp / 90,
    onTag: (ms, body) => {
      for (const tag of parseVideoTag(body)) {
        const what = tag.kind === 'frame' ? (tag.key ? 'key' : 'delta') : tag.kind;
        events.push(`${ms} ${what}`);
      }
    },
    onKey: () => events.push('has key'),
    onSpoiled: () => events.push('spoiled'),
    onDropped: () => events.push('dropped'),
    onMalformed: (message) => events.push(message),
  });
  const configure = (timestamp: number): void => {
    ingest.push(Buffer.from(sps[0]!), timestamp, false);
    ingest.push(Buffer.from(pps[0]!), timestamp, false);
  };
  return { ingest, events, configure };
};

test('parameter sets become a configuration, once; pictures wait for a key frame', () => {
  const { ingest, events, configure } = create();
  ingest.push(DELTA, 0, true);
  configure(3600);
  ingest.push(KEY, 3600, true);
  ingest.push(DELTA, 7200, true);
  configure(10_800);
  ingest.push(KEY, 10_800, true);
  assert.deepEqual(events, [
    ...['40 config', 'has key', '40 key', '80 delta'],
    ...['has key', '120 key'],
  ]);
});

test('after a gap nothing is passed on up to the next key frame', () => {
  const { ingest, events, configure } = create();
  configure(0);
  ingest.push(KEY, 0, true);
  events.length = 0;
  ingest.gap();
  assert.equal(ingest.needsKey, true);
  // The first picture may have lost its beginning, the second refers to what was lost.
  ingest.push(DELTA, 1800, true);
  ingest.push(DELTA, 3600, true);
  ingest.push(KEY, 7200, true);
  assert.equal(ingest.needsKey, false);
  assert.deepEqual(events, ['spoiled', 'spoiled', 'dropped', 'has key', '80 key']);
});

test('a picture whose marker was lost ends where the next one begins', () => {
  const { ingest, events, configure } = create();
  configure(0);
  ingest.push(KEY, 0, false);
  ingest.push(DELTA, 3600, true);
  assert.deepEqual(events, ['0 config', 'has key', '0 key', '40 delta']);
});

test('time does not go back', () => {
  const { ingest, events, configure } = create();
  configure(9000);
  ingest.push(KEY, 9000, true);
  ingest.push(DELTA, 4500, true);
  assert.equal(events.at(-1), '100 delta');
});

test('parameter sets that cannot be read are told', () => {
  const { ingest, events } = create();
  ingest.push(Buffer.from([0x67]), 0, false);
  ingest.push(Buffer.from(pps[0]!), 0, false);
  ingest.push(KEY, 0, true);
  assert.match(events[0] ?? '', /H.264 cannot be read/);
});
