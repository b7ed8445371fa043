import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import { configKeys } from '../../../gateway/config/schema.ts';
import type { ConfigKey } from '../../../gateway/config/schema.ts';
import {
  changedKeys,
  checkTogether,
  configKey,
  defaultConfig,
  encodeFormValue,
  parseSettings,
  parseValue,
  textOf,
  toFormString,
} from '../../../gateway/config/values.ts';

const refusal = (code: string, key: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConfigError);
  assert.equal(error.code, code);
  assert.equal(error.key, key);
  assert.match(error.message, message);
  return true;
};

test('the AMS keys come first, in the order and with the defaults of the surface', () => {
  const form = toFormString(defaultConfig());
  const families = ['http_vod', 'http_live', 'rtmp_vod', 'rtmp_live', 'rtmp_publish'];
  const switches = families.flatMap((name) => [`${name}_s`, `${name}_e`]);
  const expected = [
    'hls_fragment=2&hls_playlist_length=4&rtmp_port=1935&http_port=89&http_notify=&rtmp_notify=',
    ...switches.map((name) => `enable_${name}_notify=0`),
    'enable_rtmp_update_notify=0&allow_addr=all&record_path=/var/ams&upload_path=/var/ams/upload',
    'enable_rtmp_record_process=1&enable_rtmp_record_manual=0&enable_http_upload_process=1',
    'update_interval=30&org=1&rtmp_org_addr=&http_org_addr=&max_stream=10000&max_client=10000&',
  ].join('&');
  assert.equal(form.slice(0, expected.length), expected);
});

test('every default is a valid value that reads back as itself', () => {
  const config = defaultConfig();
  for (const key of configKeys) {
    assert.deepEqual(parseValue(key, textOf(config, key)), config[key], key);
  }
  checkTogether(config);
});

test('media defaults move with the media folder, others stay', () => {
  const moved = defaultConfig('/home/me/media');
  assert.equal(moved.record_path, '/home/me/media');
  assert.equal(moved.upload_path, '/home/me/media/upload');
  assert.deepEqual(changedKeys(defaultConfig(), moved), ['record_path', 'upload_path']);
});

test('an unknown key is refused with the nearest one', () => {
  assert.throws(
    () => configKey('rtmp_prt'),
    refusal(
      'config_unknown_key',
      'rtmp_prt',
      /no configuration key "rtmp_prt"\. Did you mean "rtmp_port"\?/,
    ),
  );
  for (const name of ['__proto__', 'constructor', 'toString', '']) {
    assert.throws(() => configKey(name), ConfigError, name);
  }
  assert.throws(
    () => configKey('x'.repeat(10_000)),
    (error: Error) => error.message.length < 200,
  );
});

test('a wrong value is a sentence with key, expectation and what came', () => {
  assert.throws(
    () => parseValue('rtmp_port', '70000'),
    refusal(
      'config_bad_value',
      'rtmp_port',
      /^rtmp_port must be a whole number from 0 to 65535, got "70000"\.$/,
    ),
  );
  assert.throws(
    () => parseValue('http_notify', `http://h/${'x'.repeat(3000)}`),
    refusal('config_bad_value', 'http_notify', /at most 2048 characters long, got 3009/),
  );
  assert.throws(
    () => parseValue('http_notify', 'http://h/\r\nX: y'),
    refusal('config_bad_value', 'http_notify', /control characters/),
  );
});

test('the edge mode is refused until it exists', () => {
  assert.equal(parseValue('org', '1'), true);
  assert.throws(() => parseValue('org', '0'), refusal('config_bad_value', 'org', /no edge mode/));
});

test('keys given twice are refused', () => {
  assert.throws(
    () =>
      parseSettings([
        ['org', '1'],
        ['org', '1'],
      ]),
    refusal('config_duplicate_key', 'org', /more than once/),
  );
});

test('each notify switch wants the address of its family', () => {
  const switches = configKeys.filter((key) => /^enable_.*_notify$/.test(key));
  assert.equal(switches.length, 11);
  for (const key of switches) {
    const [own, other]: ConfigKey[] = key.startsWith('enable_http')
      ? ['http_notify', 'rtmp_notify']
      : ['rtmp_notify', 'http_notify'];
    const enabled = { ...defaultConfig(), [key]: true };
    assert.throws(
      () => checkTogether({ ...enabled, [other as ConfigKey]: 'http://h/' }),
      refusal('config_conflict', key, new RegExp(`${key} is 1 but ${own} is empty`)),
    );
    checkTogether({ ...enabled, [own as ConfigKey]: 'http://h/' });
  }
});

test('two listeners on one port contradict each other, free ports do not', () => {
  const config = defaultConfig();
  assert.throws(
    () => checkTogether({ ...config, webrtc_port: config.rtmp_port }),
    refusal('config_conflict', 'webrtc_port', /rtmp_port and webrtc_port are both 1935/),
  );
  assert.throws(
    () => checkTogether({ ...config, rtmp_port: 8089, http_port: 8089 }),
    refusal('config_conflict', 'http_port', /both 8089/),
  );
  checkTogether({ ...config, rtmp_port: 0, http_port: 0 });
});

test('changed keys are told in the order of get', () => {
  const before = defaultConfig();
  const after = { ...before, log_level: 'debug' as const, hls_fragment: 5, allow_addr: ['::1'] };
  assert.deepEqual(changedKeys(before, after), ['hls_fragment', 'allow_addr', 'log_level']);
  assert.deepEqual(changedKeys(before, { ...before, allow_addr: ['all'] }), []);
});

test('only what would break parsing is percent-encoded', () => {
  assert.equal(encodeFormValue('http://h:80/a,b?c/~(d)'), 'http://h:80/a,b?c/~(d)');
  assert.equal(encodeFormValue('% & = + #'), '%25%20%26%20%3D%20%2B%20%23');
  assert.equal(encodeFormValue('a\tb\r\n\0\x7f'), 'a%09b%0D%0A%00%7F');
  assert.equal(encodeFormValue('课 é 😀'), '%E8%AF%BE%20%C3%A9%20%F0%9F%98%80');
  assert.equal(encodeFormValue('\ud800'), '%EF%BF%BD', 'a lone surrogate');
});

test('a form parser reads the get string back', () => {
  const config = {
    ...defaultConfig(),
    http_notify: 'http://h/on?a=1&b=课+c%20d#e',
    record_path: '/录像/a b',
    allow_addr: ['10.0.0.0/8', '::1'],
  };
  const settings = parseSettings(new URLSearchParams(toFormString(config)));
  assert.deepEqual({ ...settings }, config);
});
