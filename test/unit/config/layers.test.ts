import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import { combine, mergeFlags, readInvocation } from '../../../gateway/config/layers.ts';

const fails = (argv: string[], env: Record<string, string>, message: RegExp) =>
  assert.throws(
    () => readInvocation(argv, env),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    },
  );

test('flag beats environment beats file beats default', () => {
  const { fixed } = readInvocation(['--rtmp_port=1'], { AMS_RTMP_PORT: '2', AMS_HTTP_PORT: '3' });
  const file = { rtmp_port: 4, http_port: 5, hls_fragment: 6 };
  const config = combine('/media', file, fixed);
  assert.equal(config.rtmp_port, 1);
  assert.equal(config.http_port, 3);
  assert.equal(config.hls_fragment, 6);
  assert.equal(config.hls_playlist_length, 4);
  assert.equal(config.record_path, '/media');
  assert.deepEqual(
    [...fixed.by],
    [
      ['rtmp_port', '--rtmp_port'],
      ['http_port', 'AMS_HTTP_PORT'],
    ],
  );
});

test('flags are read with = or as the next word; other words are left', () => {
  const { fixed, home, words } = readInvocation(
    ['start', '--http_port', '8089', '--home=/h', '--http_notify=http://h/?a=b', '--rtmp_notify='],
    {},
  );
  assert.deepEqual(
    { ...fixed.settings },
    {
      http_port: 8089,
      http_notify: 'http://h/?a=b',
      rtmp_notify: '',
    },
  );
  assert.equal(home, '/h');
  assert.deepEqual(words, ['start']);
});

test('home: flag over environment, empty counts as not given', () => {
  assert.equal(readInvocation(['--home', 'a'], { AMS_HOME: '/b' }).home, 'a');
  assert.equal(readInvocation([], { AMS_HOME: '/b' }).home, '/b');
  assert.equal(readInvocation([], { AMS_HOME: '' }).home, undefined);
});

test('an empty variable counts as not given', () => {
  assert.equal(readInvocation([], { AMS_HTTP_PORT: '', AMS_HTTP_NOTIFY: '' }).fixed.by.size, 0);
});

test('wrong flags are sentences', () => {
  fails(['--http-port=1'], {}, /^There is no flag "--http-port"\. Did you mean "--http_port"\?$/);
  fails(['--hme', '/x'], {}, /Did you mean "--home"\?/);
  fails(['--colour=red'], {}, /^There is no flag "--colour"\.$/);
  fails(['--constructor=1'], {}, /no flag "--constructor"/);
  fails(['--http_port'], {}, /--http_port needs a value/);
  fails(['--http_port', '--home=/x'], {}, /--http_port needs a value/);
  fails(['--home='], {}, /--home needs a folder/);
  fails(['--http_port=x'], {}, /^--http_port: http_port must be a whole number/);
  fails([], { AMS_HTTP_PORT: 'x' }, /^AMS_HTTP_PORT: http_port must be a whole number/);
});

test('a variable that looks like a misspelt key is told, a stranger is not', () => {
  const { warnings } = readInvocation([], {
    AMS_HTTP_PROT: '1',
    AMS_SERVICE_HOST: '10.0.0.1',
    AMS_SETUP: 'no',
    AMS_HOME: '/h',
    PATH: '/bin',
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /AMS_HTTP_PROT.*Did you mean "AMS_HTTP_PORT"\?/);
});

test('layers that contradict each other are refused, wherever they come from', () => {
  const { fixed } = readInvocation(['--enable_rtmp_publish_s_notify=1'], {});
  assert.throws(() => combine('/media', {}, fixed), /rtmp_notify is empty/);
  assert.equal(
    combine('/media', { rtmp_notify: 'http://h/' }, fixed).enable_rtmp_publish_s_notify,
    true,
  );
});

test('flags are listed for a later start, and new ones replace old ones', () => {
  const { flags } = readInvocation(
    ['--http_port', '1', '--home', 'a', '--http_notify=http://h/?a=b'],
    {
      AMS_RTMP_PORT: '2',
    },
  );
  assert.deepEqual(flags, ['--home=a', '--http_port=1', '--http_notify=http://h/?a=b']);
  assert.deepEqual(mergeFlags(flags, ['--http_port=3', '--hls_fragment=4'], ['--home=b']), [
    '--home=b',
    '--http_port=3',
    '--http_notify=http://h/?a=b',
    '--hls_fragment=4',
  ]);
  assert.deepEqual(readInvocation(flags, {}).flags, flags);
});
