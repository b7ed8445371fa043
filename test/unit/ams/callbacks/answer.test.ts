import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { suite, test } from 'node:test';
import { grantOf } from '../../../../gateway/ams/callbacks/answer.ts';

const manual = { enable_rtmp_record_manual: true };
const publish = { kind: 'publish', app: 'live' } as const;
const vod = { kind: 'play', app: 'vod' } as const;

const grant = (
  headers: IncomingHttpHeaders,
  details: Parameters<typeof grantOf>[1],
  config = manual,
) => {
  const complaints: string[] = [];
  return { grant: grantOf(headers, details, config, (text) => complaints.push(text)), complaints };
};

suite('answer to a start callback', () => {
  test('Filename names the file of a VOD play, and nothing else', () => {
    const headers = { filename: ' /media/a.mp4 ' };
    assert.deepEqual(grant(headers, vod).grant, { filename: '/media/a.mp4' });
    assert.deepEqual(grant(headers, { kind: 'play', app: 'live' }).grant, {});
    assert.deepEqual(grant(headers, publish).grant, {});
    assert.deepEqual(grant({ filename: '' }, vod).grant, {});
  });

  test('Filename is UTF-8, as receivers write it; what is not is read as Latin-1', () => {
    const wire = Buffer.from('/课/一.mp4', 'utf8').toString('latin1');
    assert.deepEqual(grant({ filename: wire }, vod).grant, { filename: '/课/一.mp4' });
    assert.deepEqual(grant({ filename: '/caf\xe9.mp4' }, vod).grant, { filename: '/café.mp4' });
  });

  test('is_rec, rec_path and rec_name order a recording', () => {
    const headers = { is_rec: '1', rec_path: '/data/rec', rec_name: 'myrecfile' };
    const record = { now: true, path: '/data/rec', name: 'myrecfile' };
    assert.deepEqual(grant(headers, publish).grant, { record });
  });

  test('rec_path and rec_name without is_rec place later recordings', () => {
    const headers = { rec_path: '/data/rec/', rec_name: '课' };
    assert.deepEqual(
      grant({ ...headers, rec_name: Buffer.from('课').toString('latin1') }, publish).grant,
      { record: { now: false, path: '/data/rec', name: '课' } },
    );
  });

  test('they count only with enable_rtmp_record_manual', () => {
    const off = { enable_rtmp_record_manual: false };
    assert.deepEqual(grant({ is_rec: '1' }, publish, off).grant, {});
    assert.deepEqual(grant({ is_rec: '0' }, publish).grant, {});
  });

  test('a path or name that leads elsewhere is left out, and said', () => {
    for (const rec_path of ['relative', '/a/../etc', '//host/share']) {
      const { grant: given, complaints } = grant({ is_rec: '1', rec_path }, publish);
      assert.deepEqual(given, { record: { now: true } });
      assert.match(complaints.join(), /rec_path must be an absolute folder/);
    }
    for (const rec_name of ['../x', 'a/b', '.hidden', 'a\\b', 'x'.repeat(129)]) {
      const { grant: given, complaints } = grant({ is_rec: '1', rec_name }, publish);
      assert.deepEqual(given, { record: { now: true } });
      assert.match(complaints.join(), /rec_name must be a file name/);
    }
  });
});
