import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Packet } from '../../../shared/media.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';
import { exists } from '../exists.ts';
import { recordingName } from './recording-name.ts';

/** What may wait for the disk, bytes; a disk that is this far behind does not catch up. */
const MAX_PENDING = 64 * 1024 * 1024;

/** Names tried, a second apart, where recordings of that second exist already. */
const MAX_NAMES = 60;

/**
 * An FLV file that is written while its stream goes on.
 *
 * FLV has no tables at its end, so that a file which breaks off anywhere is whole up to there.
 * Packets are gathered and written by `flush`; the media's own bytes are copied once.
 */
export class FlvFile {
  readonly path: string;
  #handle: FileHandle;
  #pending: Packet[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  /** Stream time of the file's time 0, µs. */
  #begin: number | undefined;
  #bytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /**
   * Makes a new file for a recording that begins now; never one that exists.
   * @param now wall clock, ms since 1970
   * @throws the system's error
   */
  static async create(folder: string, name: string, now: number): Promise<FlvFile> {
    for (let tries = 0; ; tries++) {
      const base = join(folder, recordingName(name, now + tries * 1000));
      try {
        if (await exists(`${base}.mp4`)) throw Object.assign(new Error(base), { code: 'EEXIST' });
        const file = new FlvFile(`${base}.flv`, await open(`${base}.flv`, 'wx', 0o644));
        await file.#begins();
        return file;
      } catch (error) {
        const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
        if (!taken || tries === MAX_NAMES) throw error;
      }
    }
  }

  /** Writes the file's header; on a disk that has no room for it, there is no file either. */
  async #begins(): Promise<void> {
    try {
      await this.#write(flvHeader({ audio: true, video: true }));
    } catch (error) {
      await this.#handle.close();
      await rm(this.path, { force: true });
      throw error;
    }
  }

  /** Bytes in the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a packet; its bytes may not change until it is written. */
  push(packet: Packet): void {
    if (packet.body.length === 0) return;
    if (packet.kind !== 'data' && packet.role !== 'config') this.#begin ??= packet.dts;
    this.#pending.push(packet);
    this.#pendingBytes += tagSize(packet.body.length);
  }

  /** Writes what has been taken. Rejects with the system's error, or when the disk is too slow. */
  flush(): Promise<void> {
    if (this.#pendingBytes > MAX_PENDING) {
      const megabytes = Math.round(this.#pendingBytes / 2 ** 20);
      return Promise.reject(new Error(`The disk is ${megabytes} MB behind.`));
    }
    this.#writing = this.#writing.then(() => this.#writePending());
    return this.#writing;
  }

  /** Makes what is written safe against a power cut. */
  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  /** Writes what is left, makes it safe and closes the file; the file is closed in any case. */
  async close(): Promise<void> {
    try {
      await this.flush();
      await this.sync();
    } finally {
      await this.#writing.catch(() => {});
      await this.#handle.close();
    }
  }

  async #writePending(): Promise<void> {
    const packets = this.#pending;
    if (packets.length === 0) return;
    const bytes = Buffer.allocUnsafe(this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    let at = 0;
    for (const packet of packets) {
      const type = packet.kind === 'data' ? packet.carrier : packet.kind;
      const time = Math.max(0, Math.round((packet.dts - (this.#begin ?? packet.dts)) / 1000));
      at = writeTag(bytes, at, type, time, packet.body);
    }
    await this.#write(bytes);
  }

  async #write(bytes: Buffer): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, written);
      written += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }
}
