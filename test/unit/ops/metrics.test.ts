import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../../gateway/ops/metrics.ts';

test('the text format: help, type, samples', () => {
  const metrics = createMetrics();
  const ended = metrics.counter('ams_sessions_ended_total', 'Sessions that ended, by reason.');
  metrics.collect('gauge', 'ams_streams', 'Streams published now.', () => 3);
  metrics.collect('gauge', 'ams_viewers', 'Viewers by protocol.', () => [
    [{ protocol: 'rtmp' }, 2],
    [{ protocol: 'flv', node: 1 }, 0.5],
  ]);
  ended.add(1, { reason: 'dropped' });
  ended.add(2, { reason: 'dropped' });
  ended.add(1, { reason: 'too_slow' });
  assert.equal(
    metrics.render(),
    `# HELP ams_sessions_ended_total Sessions that ended, by reason.
# TYPE ams_sessions_ended_total counter
ams_sessions_ended_total{reason="dropped"} 3
ams_sessions_ended_total{reason="too_slow"} 1
# HELP ams_streams Streams published now.
# TYPE ams_streams gauge
ams_streams 3
# HELP ams_viewers Viewers by protocol.
# TYPE ams_viewers gauge
ams_viewers{protocol="rtmp"} 2
ams_viewers{protocol="flv",node="1"} 0.5
`,
  );
});

test('figures are read at each scrape', () => {
  const metrics = createMetrics();
  let value = 1;
  metrics.collect('gauge', 'x', 'X.', () => value);
  assert.match(metrics.render(), /^x 1$/m);
  value = 2;
  assert.match(metrics.render(), /^x 2$/m);
});

test('what would break the format is escaped', () => {
  const metrics = createMetrics();
  metrics.collect('gauge', 'x', 'one\ntwo\\', () => [[{ a: 'q"\n\\' }, Infinity]]);
  assert.equal(
    metrics.render(),
    '# HELP x one\\ntwo\\\\\n# TYPE x gauge\nx{a="q\\"\\n\\\\"} +Inf\n',
  );
});

test('a name is registered once and must be one', () => {
  const metrics = createMetrics();
  metrics.counter('x_total', 'X.');
  assert.throws(() => metrics.counter('x_total', 'X.'), /registered already/);
  assert.throws(() => metrics.counter('9x', 'X.'), /no metric name/);
  assert.equal(createMetrics().render(), '');
});
