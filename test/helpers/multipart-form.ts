import type { ReceivedCallback } from './callback-server.ts';

export interface ReadForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly files: ReadonlyMap<string, { fileName: string; type: string; content: Buffer }>;
}

/** Reads a `multipart/form-data` body (RFC 7578), strictly. */
export function readForm({ headers, body }: Pick<ReceivedCallback, 'headers' | 'body'>): ReadForm {
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new Error(`content-type ${headers['content-type']}`);
  const text = body.toString('latin1');
  const parts = text.split(`--${boundary}`);
  if (parts.shift() !== '' || parts.pop() !== '--\r\n')
    throw new Error('not framed by its boundary');
  const fields: Record<string, string> = {};
  const files = new Map<string, { fileName: string; type: string; content: Buffer }>();
  for (const part of parts) {
    const end = part.indexOf('\r\n\r\n');
    const head = Buffer.from(part.slice(2, end), 'latin1').toString('utf8');
    const content = Buffer.from(part.slice(end + 4, -2), 'latin1');
    const name = / name="([^"]*)"/.exec(head)?.[1] ?? '';
    const fileName = /filename="([^"]*)"/.exec(head)?.[1];
    if (fileName === undefined) fields[name] = content.toString('utf8');
    else
      files.set(name, {
        fileName,
        type: /^Content-Type: (.*)$/m.exec(head)?.[1]?.trim() ?? '',
        content,
      });
  }
  return { fields, files };
}
