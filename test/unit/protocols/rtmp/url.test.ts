import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import {
  parseArguments,
  parseConnect,
  parseRtmpUrl,
  parseStreamName,
} from '../../../../gateway/protocols/rtmp/url.ts';
import type { RtmpUrl } from '../../../../gateway/protocols/rtmp/url.ts';

const plain = {
  host: 'example.org',
  port: 1935,
  app: 'live',
  instance: '',
  prefix: '',
  name: 'lesson',
  args: [],
};

/** Parsed, without the wire form. */
function parse(url: string): Omit<RtmpUrl, 'wire'> {
  const { host, port, app, instance, prefix, name, args } = parseRtmpUrl(url);
  return { host, port, app, instance, prefix, name, args };
}

suite('parseRtmpUrl', () => {
  test('application and name', () => {
    assert.deepEqual(parse('rtmp://example.org/live/lesson'), plain);
    assert.deepEqual(parse('RTMP://example.org:1936/live/lesson'), { ...plain, port: 1936 });
  });

  test('an application alone', () => {
    for (const url of ['rtmp://example.org/live', 'rtmp://example.org/live/']) {
      assert.deepEqual(parse(url), { ...plain, name: '' });
    }
  });

  test('an instance, whatever its depth', () => {
    assert.equal(parse('rtmp://h/live/_definst_/lesson').instance, '_definst_');
    assert.equal(parse('rtmp://h/live/a/b/lesson').instance, 'a/b');
  });

  test('hosts: IPv4, IPv6, and a port with each', () => {
    assert.equal(parse('rtmp://127.0.0.1:8/live/a').host, '127.0.0.1');
    assert.deepEqual(
      [parse('rtmp://[::1]/live/a').host, parse('rtmp://[fe80::1]:19350/live/a').port],
      ['::1', 19350],
    );
  });

  test('arguments behind the name', () => {
    const { name, args } = parse('rtmp://h/live/lesson?user=u&token=a/b==&flag&=x&user=v');
    assert.equal(name, 'lesson');
    assert.deepEqual(args, [
      ['user', 'u'],
      ['token', 'a/b=='],
      ['flag', ''],
      ['', 'x'],
      ['user', 'v'],
    ]);
  });

  test('arguments behind the application, as OBS puts server and key together', () => {
    const { app, name, args } = parse('rtmp://h/live?user=u/lesson?token=t');
    assert.deepEqual([app, name], ['live', 'lesson']);
    assert.deepEqual(args, [
      ['user', 'u'],
      ['token', 't'],
    ]);
    assert.deepEqual(parse('rtmp://h/live?user=u/lesson').args, [['user', 'u']]);
  });

  test('the wire form is what was written', () => {
    assert.deepEqual(parseRtmpUrl('rtmp://h:1936/live/i?x=%20/mp4:a%20b?t=1').wire, {
      app: 'live',
      tcUrl: 'rtmp://h:1936/live',
      name: 'i?x=%20/mp4:a%20b?t=1',
    });
    assert.deepEqual(parseRtmpUrl('rtmp://[::1]/live?x=1/a%20b?t=1').wire, {
      app: 'live?x=1',
      tcUrl: 'rtmp://[::1]/live?x=1',
      name: 'a%20b?t=1',
    });
  });

  test('what is no RTMP address is refused', () => {
    const addresses = [
      '',
      'lesson',
      'http://h/live/a',
      'rtmps://h/live/a',
      'rtmp:/h/live/a',
      'rtmp://',
      'rtmp:///live/a',
      'rtmp://h',
      'rtmp://h/',
      'rtmp://h/?a=b',
      'rtmp://h:0/live/a',
      'rtmp://h:65536/live/a',
      'rtmp://h:x/live/a',
      'rtmp://::1/live/a',
      'rtmp://[::1/live/a',
      'rtmp://h h/live/a',
      'rtmp://user:pw@h/live/a',
      `rtmp://h/live/${'a'.repeat(5000)}`,
    ];
    for (const address of addresses) {
      assert.throws(
        () => parseRtmpUrl(address),
        (error) => error instanceof RtmpError && error.code === 'RTMP_BAD_URL',
        address,
      );
    }
  });

  test('the refusal does not tell secrets', () => {
    for (const address of ['rtmp://user:secret@h/live/a', 'rtmp://h:x/live/a?token=secret']) {
      assert.throws(
        () => parseRtmpUrl(address),
        (error) => error instanceof Error && !error.message.includes('secret'),
      );
    }
  });
});

suite('parseConnect', () => {
  test('takes host from tcUrl, the rest from app', () => {
    assert.deepEqual(parseConnect('live', 'rtmp://h:1936/live'), {
      host: 'h',
      port: 1936,
      app: 'live',
      instance: '',
      args: [],
    });
  });

  test('works with either alone, and with a tcUrl that makes no sense', () => {
    assert.deepEqual(parseConnect('live/_definst_', undefined), {
      host: '',
      port: 1935,
      app: 'live',
      instance: '_definst_',
      args: [],
    });
    assert.equal(parseConnect(undefined, 'rtmp://h/live?a=b').app, 'live');
    assert.equal(parseConnect('', 'rtmp://h/live').app, 'live');
    assert.equal(parseConnect('live', 'nonsense').app, 'live');
    assert.equal(parseConnect(undefined, undefined).app, '');
    assert.throws(() => parseConnect(undefined, 'nonsense'), RtmpError);
  });

  test('arguments of app go before those of tcUrl', () => {
    assert.deepEqual(parseConnect('live?a=1', 'rtmp://h/live?a=2').args, [['a', '1']]);
    assert.deepEqual(parseConnect('live', 'rtmp://h/live?a=2').args, [['a', '2']]);
  });

  test('slashes at the ends do not count', () => {
    assert.equal(parseConnect('/live/', undefined).app, 'live');
    assert.equal(parseConnect('//live//x', undefined).instance, 'x');
  });
});

suite('parseStreamName', () => {
  test('name, prefix and arguments', () => {
    assert.deepEqual(parseStreamName('mp4:lesson.mp4?start=1'), {
      prefix: 'mp4',
      name: 'lesson.mp4',
      args: [['start', '1']],
    });
    assert.deepEqual(parseStreamName('FLV:x').prefix, 'flv');
    assert.deepEqual(parseStreamName('other:x'), { prefix: '', name: 'other:x', args: [] });
    assert.deepEqual(parseStreamName(''), { prefix: '', name: '', args: [] });
  });

  test('percent-encoding is decoded once, and left where it is none', () => {
    assert.equal(parseStreamName('%E8%AF%BE').name, '课');
    assert.equal(parseStreamName('%2541').name, '%41');
    assert.equal(parseStreamName('100%').name, '100%');
    assert.equal(parseStreamName('%ff').name, '%ff');
    assert.deepEqual(parseStreamName('a?k%20=v%26w&t=a+b').args, [
      ['k ', 'v&w'],
      ['t', 'a+b'],
    ]);
  });

  test('hostile names come out as they are, for admission to refuse', () => {
    assert.equal(parseStreamName('../../etc/passwd').name, '../../etc/passwd');
    assert.equal(parseStreamName('%2e%2e%2f').name, '../');
    assert.equal(parseStreamName('a\u0000b').name, 'a\u0000b');
    assert.deepEqual(parseStreamName('a?__proto__=x').args, [['__proto__', 'x']]);
  });

  test('too long, or too many arguments, is refused', () => {
    assert.throws(() => parseStreamName('a'.repeat(4097)), RtmpError);
    assert.equal(parseArguments('a&'.repeat(64)).length, 64);
    assert.throws(() => parseArguments('a&'.repeat(65)), RtmpError);
  });
});
