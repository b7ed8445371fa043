/** Which bytes of a file a request carries. */
export interface ContentRange {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  readonly total: number;
}

/**
 * Reads `Content-Range` (RFC 9110, section 14.4) as uploads use it: `bytes 0-499/1234` carries that
 * part, `bytes *` + `/1234` only asks how much has been received.
 *
 * Answers undefined when there is no header, `ask` for the second form, and a sentence for what
 * makes no sense.
 */
export function readContentRange(
  header: string | undefined,
): ContentRange | 'ask' | { readonly problem: string } | undefined {
  if (header === undefined) return undefined;
  if (/^bytes \*\/(\d{1,15}|\*)$/.test(header)) return 'ask';
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header);
  const [start = 0, last = 0, total = 0] = (match ?? []).slice(1).map(Number);
  if (!match || last < start || last >= total) {
    const got = JSON.stringify(header.slice(0, 60));
    return { problem: `Content-Range must be like "bytes 0-499/1234", got ${got}.` };
  }
  return { start, end: last + 1, total };
}
