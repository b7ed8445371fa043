import type { Field } from './fields.ts';

/** A file in a form. */
export interface FormFile {
  readonly field: string;
  readonly fileName: string;
  readonly type: string;
  readonly content: Uint8Array;
}

/**
 * A `multipart/form-data` body (RFC 7578).
 * @param boundary any text that occurs in no part: a random one
 */
export function multipartBody(
  fields: readonly Field[],
  files: readonly FormFile[],
  boundary: string,
): { readonly type: string; readonly body: Buffer } {
  const parts: Uint8Array[] = [];
  const head = (lines: readonly string[]) =>
    parts.push(Buffer.from(`--${boundary}\r\n${lines.join('\r\n')}\r\n\r\n`));
  for (const [name, value] of fields) {
    head([`Content-Disposition: form-data; name="${quoted(name)}"`]);
    parts.push(Buffer.from(`${value}\r\n`));
  }
  for (const { field, fileName, type, content } of files) {
    const names = `name="${quoted(field)}"; filename="${quoted(fileName)}"`;
    head([`Content-Disposition: form-data; ${names}`, `Content-Type: ${type}`]);
    parts.push(content, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}

/** As browsers write names (RFC 7578, section 4.2; HTML, "multipart/form-data encoding algorithm"). */
function quoted(text: string): string {
  return text.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}
