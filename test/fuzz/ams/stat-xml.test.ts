import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { StatReport } from '../../../shared/stat.ts';
import { reportXml } from '../../../gateway/ams/stat/report-xml.ts';
import { elementsOf, parseStrictXml } from '../../helpers/strict-xml.ts';

/** Any text, with plenty of what XML finds special, lone surrogates among it. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', '"', "'", '\0', '\n', '\ud800', ']', 'x', ':', '='),
  }),
);

suite('stat XML, whatever clients bring', () => {
  test('is well-formed and says what came in', () => {
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 8 }), (name, args) => {
        const client = {
          id: 1,
          address: '192.0.2.1',
          protocol: 'rtmp',
          time: 1,
          totlebyte: 2,
          timestamp: 3,
          dropped: 4,
          publishing: false,
          active: true,
          args,
        } as const;
        const report: StatReport = {
          now: 0,
          vod: [{ name, active: true, clients: [client, client] }],
        };
        const root = parseStrictXml(reportXml(report));
        const streams = elementsOf(root, 'stream');
        assert.equal(streams.length, 1);
        const clients = elementsOf(root, 'client');
        assert.equal(clients.length, 2);
        assert.equal(clients[0]?.attributes['id'], '1');
        const written = name
          .toWellFormed()
          .replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\ufffd');
        assert.equal(streams[0]?.attributes['name'], written);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
