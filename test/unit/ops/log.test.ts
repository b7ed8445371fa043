import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatLogLine, localTime } from '../../../gateway/ops/log-line.ts';
import { startLogging } from '../../../gateway/ops/log.ts';
import type { LogSettings } from '../../../gateway/ops/log.ts';

const settings: LogSettings = { log_level: 'info', log_format: 'text', mask_args: ['token'] };

function collect(changes: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const output = { write: (text: string) => void lines.push(text), flush: () => Promise.resolve() };
  return { lines, ...startLogging(output, { ...settings, ...changes }) };
}

describe('log lines', () => {
  test('one line: time, level, client, sentence, fields', () => {
    const line = formatLogLine({
      level: 30,
      time: 0,
      client: 1005,
      msg: 'publish started',
      name: '课 1',
      bytes: 7,
      note: '',
      list: ['a', 1],
    });
    assert.equal(
      line,
      `${localTime(0)} info  [1005] publish started name="课 1" bytes=7 note="" list=["a",1]\n`,
    );
    assert.match(localTime(0), /^19(69|70)-\d\d-\d\dT\d\d:\d\d:00\.000[+-]\d\d:\d\d$/);
    assert.equal(Date.parse(localTime(1234)), 1234);
  });

  test('what a client sends cannot begin a line or reach a terminal', () => {
    const line = formatLogLine({ level: 40, time: 0, msg: 'a\nb\u2028', 'k\r': 'x\u001b[31m\n"y' });
    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.doesNotMatch(line.trimEnd(), /[\p{Cc}\p{Zl}]/u);
  });

  test('errors are one line, with the stack from level error on', () => {
    const { lines, log } = collect();
    const error = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    log.warn({ err: error }, 'recording');
    log.error({ err: error }, 'recording');
    assert.match(lines[0] ?? '', /warn {2}recording error="no room" code=ENOSPC\n$/);
    assert.match(
      lines[1] ?? '',
      /error recording error="no room" code=ENOSPC stack="Error: no room\\n.*"\n$/,
    );
  });
});

describe('logging', () => {
  test('a child carries its client in every line', () => {
    const { lines, log } = collect();
    const child = log.child({ client: 42 });
    child.info({ name: 'lesson' }, 'play started');
    child.warn({}, 'slow');
    assert.match(lines[0] ?? '', / info {2}\[42\] play started name=lesson\n$/);
    assert.match(lines[1] ?? '', / warn {2}\[42\] slow\n$/);
  });

  test('secrets are masked in texts and in arguments', () => {
    const { lines, log } = collect();
    log.info(
      {
        url: 'rtmp://h/live?token=t1',
        args: [
          ['token', 't2'],
          ['user', 'u'],
        ],
      },
      'a ?token=t3',
    );
    assert.doesNotMatch(lines[0] ?? '', /t[123]/);
    assert.match(lines[0] ?? '', /\["user","u"\]/);
  });

  test('JSON lines hold the same, masked', () => {
    const { lines, log } = collect({ log_format: 'json' });
    log.child({ client: 1 }).info({ url: '/?token=t' }, 'hello');
    const record = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.equal(lines[0]?.endsWith('}\n'), true);
    assert.deepEqual(
      [record.level, record.client, record.msg, record.url],
      [30, 1, 'hello', '/?token=***'],
    );
  });

  test('level, format and mask change while it runs', () => {
    const logging = collect();
    const { lines, log } = logging;
    log.debug({}, 'unseen');
    logging.apply({ log_level: 'debug', log_format: 'json', mask_args: ['other'] });
    log.debug({ url: '/?token=t&other=o' }, 'seen');
    assert.equal(lines.length, 1);
    assert.equal((JSON.parse(lines[0] ?? '') as { url: string }).url, '/?token=t&other=***');
  });
});
