import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addresses,
  bindAddress,
  choice,
  folder,
  hosts,
  integer,
  port,
  toggle,
  units,
  url,
  words,
} from '../../../gateway/config/kinds.ts';
import type { Kind } from '../../../gateway/config/kinds.ts';

/** Texts that are read, each with the text it is written back as. */
function reads<T>(kind: Kind<T>, cases: Record<string, string>): void {
  for (const [text, written] of Object.entries(cases)) {
    assert.equal(kind.format(kind.parse(text)), written, text);
    assert.deepEqual(kind.parse(written), kind.parse(text), `${text} again`);
  }
}

function refuses<T>(kind: Kind<T>, texts: readonly string[], sentence: RegExp): void {
  for (const text of texts) assert.throws(() => kind.parse(text), sentence, JSON.stringify(text));
}

describe('kinds of values', () => {
  test('integer', () => {
    reads(integer(0, 9), { '0': '0', '9': '9', '007': '7' });
    refuses(integer(1, 9), ['0', '10', '', '1.5', '-1', '1e0', '0x1', ' 1', '９'], /from 1 to 9/);
    refuses(integer(1, 9, units.seconds), ['x'], /^Error: a whole number of seconds from 1 to 9$/);
  });

  test('port', () => {
    reads(port, { '0': '0', '65535': '65535' });
    refuses(port, ['65536', '99999999999999999999'], /from 0 to 65535/);
  });

  test('toggle', () => {
    reads(toggle, { '0': '0', '1': '1', true: '1', false: '0' });
    refuses(toggle, ['', '2', 'yes', 'TRUE'], /0 or 1/);
  });

  test('choice', () => {
    reads(choice('a', 'b'), { a: 'a', b: 'b' });
    refuses(choice('a', 'b'), ['', 'A', 'c'], /one of a, b/);
  });

  test('url', () => {
    const kind = url('http', 'https');
    reads(kind, {
      '': '',
      'http://10.0.0.1:80/on?x=1&y=%20': 'http://10.0.0.1:80/on?x=1&y=%20',
      'https://例子.测试/回调': 'https://例子.测试/回调',
    });
    refuses(
      kind,
      ['x', 'rtmp://h/live', 'http://', 'http:///x', '//h/x', 'http://h:99999/'],
      /http:\/\/ or https:\/\//,
    );
  });

  test('folder', () => {
    reads(folder, {
      '/': '/',
      '/var/ams/': '/var/ams',
      '//a///b': '/a/b',
      '/录像/课 1': '/录像/课 1',
    });
    refuses(folder, ['', 'a/b', './a', '/a/../b', '/..', '/a/./b', '/a\0b'], /absolute path/);
  });

  test('bind address', () => {
    reads(bindAddress, { '': '', '127.0.0.1': '127.0.0.1', '::': '::', '::1': '::1' });
    refuses(bindAddress, ['localhost', '1.2.3', '10.0.0.0/8', '127.0.0.1:80'], /IPv4 or IPv6/);
  });

  test('addresses', () => {
    reads(addresses({ all: true }), {
      all: 'all',
      '10.0.0.1': '10.0.0.1',
      ' 10.0.0.0/8 , fd00::/8,': '10.0.0.0/8,fd00::/8',
      '::ffff:10.0.0.1': '::ffff:10.0.0.1',
    });
    reads(addresses({ all: false }), { '': '', '127.0.0.1': '127.0.0.1' });
    refuses(addresses({ all: true }), ['', ','], /all, or IP addresses/);
    refuses(
      addresses({ all: true }),
      ['1', '10.1', '0x7f.0.0.1', '10.0.0.0/33', '10.0.0.1/', 'fd00::/129', 'host', '10.0.0.1;::1'],
      /is neither/,
    );
    refuses(addresses({ all: false }), ['all'], /is neither/);
  });

  test('hosts', () => {
    reads(hosts, {
      '': '',
      '203.0.113.5, live.example.org,::1': '203.0.113.5,live.example.org,::1',
    });
    refuses(hosts, ['http://h', '-h', 'h-', 'a b', 'h:80', 'x'.repeat(254)], /is neither/);
  });

  test('words', () => {
    reads(words, { '': '', 'token, pwd': 'token,pwd' });
    refuses(words, ['a b', 'é', 'x'.repeat(65), 'a=b'], /separated by commas/);
  });
});
