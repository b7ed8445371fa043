import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import type { Argument } from '../../sessions/session.ts';
import type { Log } from '../log.ts';
import { clientArguments, type Field } from './fields.ts';
import { multipartBody, type FormFile } from './multipart.ts';
import { notifyAddress } from './plan.ts';
import { createPoster } from './post.ts';

/** A recording or an upload that is in the library now, or failed to get there. */
export interface Transfer {
  /** Its `event_id`; the same whenever it is told. */
  readonly id: string;
  readonly kind: 'recording' | 'upload';
  /** The stream's name, or the upload's. */
  readonly name: string;
  /** The uploader's arguments. */
  readonly args: readonly Argument[];
  /** Seconds. */
  readonly duration: number;
  /** Bytes. */
  readonly size: number;
  readonly fps: number;
  /** bit/s */
  readonly bitrate: number;
  /** `1280x720` */
  readonly wh: string;
  /** Absolute paths of the file and its picture; undefined: there is none. */
  readonly path: string | undefined;
  readonly picture: string | undefined;
  /** 0, or what went wrong. */
  readonly error: number;
}

export interface TransferTellerOptions {
  readonly config: () => Config;
  readonly log: Log;
  /** Pauses between tries, ms. */
  readonly pauses?: Readonly<Record<Transfer['kind'], readonly number[]>>;
}

export interface TransferTeller {
  /**
   * Tells of a transfer, again after pauses while the receiver fails (no answer, or no 2xx).
   * Answers whether it was heard; true also when there is nobody to tell. Never rejects.
   * @param signal gives up
   */
  tell(transfer: Transfer, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

const PAUSES = {
  recording: [5000, 10_000, 15_000, 20_000],
  upload: [5000, 5000, 5000, 5000],
} as const;

const NONE = 'NONE';
const CONNECTIONS = 4;
/** No larger picture is sent along, bytes. */
const MAX_PICTURE = 8 * 1024 * 1024;

/** Tells receivers of `record_transfer_done` and `upload_transfer_done`. */
export function createTransferTeller(options: TransferTellerOptions): TransferTeller {
  const { config, log, pauses = PAUSES } = options;
  const poster = createPoster(CONNECTIONS);

  async function send(transfer: Transfer): Promise<void> {
    const address = addressFor(transfer, config());
    if (address === '') return;
    const { type, body } = await transferBody(transfer);
    const { status } = await poster.post(address, type, body, config().notify_timeout * 1000);
    if (status < 200 || status > 299) throw new Error(`The receiver answered ${status}.`);
  }

  return {
    async tell(transfer, signal) {
      const about = { call: callOf(transfer), name: transfer.name, path: transfer.path };
      for (const pause of [...pauses[transfer.kind], undefined]) {
        if (signal.aborted) return false;
        try {
          await send(transfer);
          return true;
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          if (pause === undefined) {
            log.error(about, `The callback is kept; the receiver could not be told: ${why}`);
            return false;
          }
          log.warn(about, `The callback is sent again in ${pause / 1000} s: ${why}`);
          await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
        }
      }
      return false;
    },
    close: () => poster.close(),
  };
}

function addressFor({ kind }: Transfer, config: Config): string {
  return notifyAddress(config, kind === 'recording' ? 'rtmp' : 'http');
}

function callOf({ kind }: Transfer): string {
  return kind === 'recording' ? 'record_transfer_done' : 'upload_transfer_done';
}

/** The form that tells of a transfer; its picture goes along when it can be read. */
async function transferBody(transfer: Transfer): Promise<{ type: string; body: Buffer }> {
  const { path, picture, kind, name } = transfer;
  const fields: Field[] = [
    ['call', callOf(transfer)],
    ['duration', String(transfer.duration)],
    ['size', String(transfer.size)],
    ['fps', String(transfer.fps)],
    ['bitrate', String(transfer.bitrate)],
    ['wh', transfer.wh],
    ['filename', path === undefined ? NONE : basename(path)],
    ['jpgpath', picture ?? NONE],
    ['error', String(transfer.error)],
  ];
  if (kind === 'recording') fields.push(['filepath', path ?? NONE], ['streamname', name]);
  else fields.push(['file', path ?? NONE]);
  fields.push(['event_id', transfer.id], ...clientArguments(transfer.args));
  const files: FormFile[] = [];
  const content = picture === undefined ? undefined : await readPicture(picture);
  if (picture !== undefined && content) {
    files.push({ field: 'file', fileName: basename(picture), type: 'image/jpeg', content });
  }
  return multipartBody(fields, files, `ams-${randomUUID()}`);
}

async function readPicture(path: string): Promise<Buffer | undefined> {
  try {
    const content = await readFile(path);
    return content.length <= MAX_PICTURE ? content : undefined;
  } catch {
    return undefined; // deleted meanwhile
  }
}
