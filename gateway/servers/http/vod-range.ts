/** A part of a representation; bytes, `end` behind the last one. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The part that a `Range` header asks for (RFC 9110, section 14.1.2): `bytes=0-499`, `bytes=500-`
 * or `bytes=-500`. Answers `all` when there is none that is understood, or several, which a server
 * may ignore; `unsatisfiable` when it lies behind the end.
 */
export function readRange(
  header: string | undefined,
  size: number,
): ByteRange | 'all' | 'unsatisfiable' {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return 'all';
  if (first === '') {
    const length = Math.min(size, Number(last));
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'all';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

export interface Validators {
  /** With its quotation marks. */
  readonly etag: string;
  /** ms since 1970 */
  readonly modified: number;
}

/** Whether the client has this content already (RFC 9110, section 13.1). */
export function isUnchanged(
  headers: { 'if-none-match'?: string | undefined; 'if-modified-since'?: string | undefined },
  { etag, modified }: Validators,
): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Math.floor(modified / 1000) * 1000 <= since;
}

/** Whether a range may be answered: not when the client's part is of other content (`If-Range`). */
export function rangeApplies(ifRange: string | undefined, { etag, modified }: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return Math.floor(modified / 1000) * 1000 === Date.parse(ifRange);
}
