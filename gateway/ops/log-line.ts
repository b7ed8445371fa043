/** One parsed pino record. */
export type LogRecord = Readonly<Record<string, unknown>>;

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info ',
  40: 'warn ',
  50: 'error',
  60: 'fatal',
};

/** Fields that have a place of their own in the line, or none. */
const placed = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'client', 'err']);

/**
 * A record as one line for people:
 * `2026-11-21T10:31:00.123+08:00 info  [1005] publish started name=lesson addr=10.0.0.7`.
 * Line breaks and other control characters in what clients sent are escaped.
 */
export function formatLogLine(record: LogRecord): string {
  const time = typeof record.time === 'number' ? record.time : Date.now();
  const level = levels[Number(record.level)] ?? 'info ';
  const parts = [localTime(time), level];
  if (record.client !== undefined) parts.push(`[${plain(record.client)}]`);
  if (typeof record.msg === 'string' && record.msg !== '') parts.push(escapeControls(record.msg));
  for (const [key, value] of Object.entries(record)) {
    if (!placed.has(key) && value !== undefined)
      parts.push(`${escapeControls(key)}=${plain(value)}`);
  }
  if (record.err !== undefined) parts.push(formatError(record.err, Number(record.level)));
  return `${parts.join(' ')}\n`;
}

/** Wall clock with its offset, so that the line means one moment whoever reads it. */
export function localTime(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offset);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
}

function formatError(error: unknown, level: number): string {
  if (typeof error !== 'object' || error === null) return `error=${plain(error)}`;
  const { message, code, stack } = error as Record<string, unknown>;
  const parts = [`error=${plain(message ?? error)}`];
  if (code !== undefined) parts.push(`code=${plain(code)}`);
  if (level >= 50 && stack !== undefined) parts.push(`stack=${plain(stack)}`);
  return parts.join(' ');
}

/** A value as it stands, quoted where it would not be one word. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return typeof value === 'string' && /[\s"=\p{Cc}]|^$/u.test(text)
    ? escapeControls(JSON.stringify(text))
    : text;
}

function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
