import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import {
  formatSettingsFile,
  parseSettingsFile,
  readSettingsFile,
  sameSettings,
} from '../../../gateway/config/file.ts';

const fails = (text: string, key: string | undefined, message: RegExp) =>
  assert.throws(
    () => parseSettingsFile('/s/ams.json', text),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.code, 'config_bad_file');
      assert.equal(error.key, key);
      assert.match(error.message, /\/s\/ams\.json/);
      assert.match(error.message, message);
      return true;
    },
  );

test('values may be written as JSON likes or as text', () => {
  const text = `{ "http_port": 8089, "rtmp_port": "1936", "enable_rtmp_record_manual": true,
    "enable_rtmp_record_process": 0, "allow_addr": ["10.0.0.0/8", "::1"], "rtmp_notify": "" }`;
  assert.deepEqual(
    { ...parseSettingsFile('f', text) },
    {
      http_port: 8089,
      rtmp_port: 1936,
      enable_rtmp_record_manual: true,
      enable_rtmp_record_process: false,
      allow_addr: ['10.0.0.0/8', '::1'],
      rtmp_notify: '',
    },
  );
});

test('what is written is read back, in the order of the schema', () => {
  const settings = {
    log_level: 'debug' as const,
    http_port: 8089,
    allow_addr: ['::1', '10.0.0.1'],
  };
  const text = formatSettingsFile(settings);
  assert.equal(
    text,
    '{\n  "http_port": 8089,\n  "allow_addr": "::1,10.0.0.1",\n  "log_level": "debug"\n}\n',
  );
  assert.deepEqual({ ...parseSettingsFile('f', text) }, settings);
  assert.ok(sameSettings(parseSettingsFile('f', text), settings));
  assert.ok(!sameSettings({}, settings));
});

test('a wrong file is named with what is wrong in it', () => {
  fails('', undefined, /not valid JSON/);
  fails('{"http_port": 89', undefined, /not valid JSON.*left as it is/);
  fails('[]', undefined, /one JSON object/);
  fails('null', undefined, /one JSON object/);
  fails(`{"a":"${'x'.repeat(1_048_576)}"}`, undefined, /larger than/);
  fails(
    '{"http_prot": 89}',
    'http_prot',
    /no configuration key "http_prot"\. Did you mean "http_port"/,
  );
  fails('{"http_port": 890000}', 'http_port', /from 0 to 65535, got "890000"/);
  fails('{"http_port": null}', 'http_port', /got "null"/);
  fails('{"http_notify": {"a": 1}}', 'http_notify', /http_notify must be/);
  fails('{"__proto__": 1}', '__proto__', /no configuration key/);
});

test('a missing file has no keys; one that cannot be read is an error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'ams-file-'));
  try {
    assert.deepEqual(await readSettingsFile(join(dir, 'none.json')), {});
    await assert.rejects(readSettingsFile(dir), /cannot be read/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
