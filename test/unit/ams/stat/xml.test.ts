import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { argumentAttributes, element, escapeXml } from '../../../../gateway/ams/stat/xml.ts';

suite('XML', () => {
  test('elements: attributes, children, none', () => {
    assert.equal(element('a', []), '<a/>');
    assert.equal(
      element('a', [
        ['n', 5],
        ['s', 'x'],
        ['on', true],
        ['off', false],
      ]),
      '<a n="5" s="x" on="1" off="0"/>',
    );
    assert.equal(element('a', [], [element('b', [])]), '<a><b/></a>');
  });

  test('text that would break it is escaped, and white space kept', () => {
    assert.equal(
      escapeXml(`<a href="x">&'\t\r\n`),
      `&lt;a href=&quot;x&quot;&gt;&amp;'&#9;&#13;&#10;`,
    );
    assert.equal(escapeXml('课堂 😀'), '课堂 😀');
  });

  test('characters that XML cannot write become U+FFFD', () => {
    for (const bad of ['\0', '\b', '\v', '\x1f', '\ud800', '\udfff', '\ufffe', '\uffff']) {
      assert.equal(escapeXml(`a${bad}b`), 'a\ufffdb');
    }
  });

  test('arguments as attributes: names made valid, the server’s kept apart, the first of doubles', () => {
    const taken = [['id', 1]] as const;
    const args = [
      ['user', 'u'],
      ['user', 'second'],
      ['id', 'x'],
      ['arg_id', 'y'],
      ['a b:c', 'z'],
      ['9', 'digit'],
      ['', 'empty'],
      ['xmlns', 'n'],
      ['XML', 'n'],
      ['-', 'dash'],
    ] as const;
    assert.deepEqual(argumentAttributes(args, taken), [
      ['user', 'u'],
      ['arg_id', 'x'],
      ['a_b_c', 'z'],
      ['_9', 'digit'],
      ['_', 'empty'],
      ['_xmlns', 'n'],
      ['_XML', 'n'],
      ['_-', 'dash'],
    ]);
  });
});
