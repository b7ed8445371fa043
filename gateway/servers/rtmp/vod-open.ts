import type { Log } from '../../ops/log.ts';
import type { AmfValue } from '../../protocols/amf/value.ts';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import type { StatusCode } from '../../protocols/rtmp/status.ts';
import { parseStreamName } from '../../protocols/rtmp/url.ts';
import type { Session } from '../../sessions/session.ts';
import type { VodFiles } from '../vod-files.ts';
import { VodReader } from './vod-reader.ts';

/** A file to play, or what the client is told instead. */
export type OpenedVod =
  | { readonly reader: VodReader }
  | { readonly reader: undefined; readonly code: StatusCode; readonly message: string };

/** Opens what a session plays: the file that admission granted, or the one of that name. */
export async function openVod(
  files: VodFiles | undefined,
  { details: { name }, grant }: Session,
  log: Log,
): Promise<OpenedVod> {
  const file = await files?.open(name, grant?.filename, { implied: true });
  if (!file) {
    const message = `There is no file ${JSON.stringify(name)}.`;
    return { reader: undefined, code: 'NetStream.Play.StreamNotFound', message };
  }
  try {
    return { reader: await VodReader.open(file) };
  } catch (error) {
    await file.close();
    if (!(error instanceof Mp4Error)) log.error({ err: error, path: file.path }, 'cannot be read');
    const message = error instanceof Mp4Error ? error.message : 'The file cannot be read.';
    return { reader: undefined, code: 'NetStream.Play.FileStructureInvalid', message };
  }
}

/**
 * What `play` asks for (RTMP 1.0 section 7.2.2.1), both in seconds. `start`: -2 live or recorded, -1
 * live only, else where to begin; `duration`: -1 to the end, 0 a single frame, else how much.
 */
export function playWindow(
  start: AmfValue,
  duration: AmfValue,
): { start: number; end: number | undefined } {
  const from = typeof start === 'number' && start > 0 ? start * 1e6 : 0;
  const length = typeof duration === 'number' && duration >= 0 ? duration * 1e6 : undefined;
  return { start: from, end: length === undefined ? undefined : from + Math.max(1, length) };
}

/** How long a file is, seconds; 0 when there is none. */
export async function vodLength(files: VodFiles | undefined, requested: string): Promise<number> {
  const { name } = parseStreamName(requested);
  const file = await files?.open(name, undefined, { implied: true });
  if (!file) return 0;
  try {
    return (await file.movie()).duration / 1e6;
  } catch {
    return 0;
  } finally {
    await file.close();
  }
}
