import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseViewerReport,
  ViewerReports,
} from '../../../../gateway/servers/http/viewer-reports.ts';

const report = (p50: number, p95 = p50 * 2, transport = 'webrtc') => ({
  ...{ transport, delay_p50: p50, delay_p95: p95 },
});

describe('a viewer’s report', () => {
  it('is read without what else it says', () => {
    assert.deepEqual(parseViewerReport({ ...report(20), framesShown: 9, x: [] }), report(20));
  });

  for (const [what, value] of Object.entries({
    nothing: null,
    'a text': 'webrtc',
    'an unknown transport': report(20, 40, 'pigeon'),
    'a transport that is a property of objects': report(20, 40, '__proto__'),
    'a negative delay': report(-1),
    'an endless delay': report(Infinity),
    'a delay of hours': report(10_000_000),
    'a delay in words': { ...report(1), delay_p50: '1' },
    'no delay': { transport: 'webrtc' },
  })) {
    it(`is not ${what}`, () => assert.equal(parseViewerReport(value), undefined));
  }
});

describe('viewers’ reports', () => {
  it('are summed up by transport', () => {
    const reports = new ViewerReports(() => 0);
    for (const delay of [10, 30, 20]) reports.add(report(delay));
    reports.add(report(200, 300, 'mse'));
    assert.deepEqual(reports.summary(), [
      { transport: 'webrtc', viewers: 3, p50: 20, p95: 60 },
      { transport: 'mse', viewers: 1, p50: 200, p95: 300 },
    ]);
  });

  it('count for a minute', () => {
    let now = 0;
    const reports = new ViewerReports(() => now);
    reports.add(report(10));
    now = 59_999;
    assert.equal(reports.summary().length, 1);
    now = 60_000;
    assert.deepEqual(reports.summary(), []);
  });

  it('take bounded memory', () => {
    const reports = new ViewerReports(() => 0);
    for (let i = 0; i < 5000; i += 1) reports.add(report(i));
    const [summary] = reports.summary();
    assert.equal(summary?.viewers, 2000);
    assert.ok((summary?.p50 ?? 0) > 3000, 'the newest stay');
  });
});
