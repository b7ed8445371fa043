import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, patSection, pmtSection } from '../../../../gateway/protocols/mpegts/psi.ts';

test('the checksum is CRC-32/MPEG-2', () => {
  // The check value that the catalogue of CRC algorithms gives for it.
  assert.equal(crc32(Buffer.from('123456789')), 0x0376e6e7);
});

test('the program association names one program and where its map is', () => {
  const section = patSection();
  assert.equal(section.toString('hex', 0, section.length - 4), '0000b00d0001c100000001f000');
  assert.equal(crc32(section.subarray(1)), 0); // over itself and its checksum
});

test('the program map lists streams, clock, version and registrations', () => {
  const section = pmtSection(
    [
      { pid: 0x100, streamType: 0x1b },
      { pid: 0x101, streamType: 0x81, registration: 'AC-3' },
    ],
    0x100,
    5,
  );
  assert.equal(crc32(section.subarray(1)), 0);
  assert.equal(
    section.toString('hex', 0, section.length - 4),
    '0002b01d0001cb0000e100f000' + '1be100f000' + '81e101f0060504' + '41432d33',
  );
});

test('versions count modulo 32', () => {
  assert.equal(pmtSection([], 0x100, 33)[6], 0xc1 | (1 << 1));
});
