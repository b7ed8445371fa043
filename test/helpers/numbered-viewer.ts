import assert from 'node:assert/strict';
import { get } from 'node:http';
import { WebSocket } from 'ws';
import { decodeData, isData } from '../../gateway/protocols/rtmp/data.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import { parseVideoTag } from '../../shared/flv/video-tag.ts';
import type { Scope } from './scope.ts';

/** One message as a viewer got it. */
export interface ReceivedFrame {
  readonly kind: 'video' | 'audio' | 'data';
  readonly config: boolean;
  readonly key: boolean;
  /** The number that the publisher gave it; -1 where there is none. */
  readonly number: number;
  /** A data message's name. */
  readonly name: string;
  /** ms. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/** What a viewer received so far, and a way to wait for more. */
export class ReceivedFrames {
  readonly all: ReceivedFrame[] = [];
  readonly #lookers = new Set<() => void>();

  add(type: 'video' | 'audio' | 'data', timestamp: number, body: Uint8Array): void {
    this.all.push(readFrame(type, timestamp, body));
    for (const look of this.#lookers) look();
  }

  /** Numbers of the pictures (or sounds), in the order of arrival. */
  numbers(kind: 'video' | 'audio' = 'video'): number[] {
    return this.all
      .filter((frame) => frame.kind === kind && !frame.config)
      .map(({ number }) => number);
  }

  /** The first frame (past or to come) that fits; rejects when the time is up. */
  async waitFor(
    what: string,
    fits: (frame: ReceivedFrame) => boolean,
    timeoutMs = 5000,
  ): Promise<ReceivedFrame> {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedFrame>();
    let seen = 0;
    const look = (): void => {
      const found = this.all.slice(seen).find(fits);
      seen = this.all.length;
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => {
      const numbers = this.numbers().slice(-5).join(', ');
      reject(new Error(`${what}: not in ${timeoutMs} ms; the last pictures are ${numbers}`));
    }, timeoutMs);
    this.#lookers.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#lookers.delete(look);
    }
  }

  /** Waits until picture and sound (or what there is of them) number `number` are there. */
  async upTo(number: number, kinds: readonly ('video' | 'audio')[] = ['video', 'audio']) {
    for (const kind of kinds) {
      await this.waitFor(`${kind} ${number}`, (frame) => {
        return frame.kind === kind && !frame.config && frame.number === number;
      });
    }
  }

  /** Asserts that both kinds came without a gap or repetition, from a key frame `first` to `last`. */
  assertGapless(
    first: number,
    last: number,
    kinds: readonly ('video' | 'audio')[] = ['video', 'audio'],
  ) {
    const due = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    for (const kind of kinds) assert.deepEqual(this.numbers(kind), due, `${kind} frames`);
    const times = this.all.map(({ timestamp }) => timestamp);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      'time stamps go back',
    );
    if (kinds.includes('video')) {
      const pictures = this.all.filter(({ kind }) => kind === 'video');
      assert.equal(pictures[0]?.config, true, 'the first video message is the configuration');
      assert.equal(pictures[1]?.key, true, 'the first picture is a key frame');
    }
  }
}

function readFrame(
  type: 'video' | 'audio' | 'data',
  timestamp: number,
  body: Uint8Array,
): ReceivedFrame {
  const none = { config: false, key: false, number: -1, name: '' };
  const number = (payload: Uint8Array, at: number) =>
    payload.length >= at + 4 ? new DataView(payload.buffer, payload.byteOffset).getUint32(at) : -1;
  if (type === 'data') {
    const { name } = decodeData({ type: MessageType.dataAmf0, payload: Buffer.from(body) });
    return { ...none, kind: 'data', name, timestamp, body };
  }
  const [tag] = type === 'video' ? parseVideoTag(body) : parseAudioTag(body);
  if (tag === undefined || tag.kind === 'command') return { ...none, kind: type, timestamp, body };
  const config = tag.kind === 'config';
  return {
    ...none,
    kind: type,
    config,
    key: type === 'audio' || ('key' in tag && tag.key),
    number: config ? -1 : number(tag.payload, type === 'video' ? 7 : 0),
    timestamp,
    body,
  };
}

export interface NumberedViewer {
  readonly frames: ReceivedFrames;
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
}

export interface RtmpViewer extends NumberedViewer {
  readonly client: RtmpClient;
  /** The codes of all `onStatus` so far. */
  readonly statuses: readonly string[];
  /** Resolves when that status has come. */
  status(code: string, timeoutMs?: number): Promise<void>;
}

/** Plays over RTMP with our own client. */
export async function watchRtmp(scope: Scope, url: string): Promise<RtmpViewer> {
  const frames = new ReceivedFrames();
  const statuses: string[] = [];
  const lookers = new Set<() => void>();
  const client = await connect(url);
  scope.after(() => client.close());
  client.on('media', ({ type, timestamp, payload }) => {
    if (type === MessageType.video) frames.add('video', timestamp, payload);
    else if (type === MessageType.audio) frames.add('audio', timestamp, payload);
    else if (isData(type)) frames.add('data', timestamp, payload);
  });
  client.on('status', (info) => {
    statuses.push(typeof info['code'] === 'string' ? info['code'] : '');
    for (const look of lookers) look();
  });
  const ended = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await client.play();
  return {
    client,
    frames,
    ended,
    statuses,
    status(code, timeoutMs = 5000) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (!statuses.includes(code)) return;
          lookers.delete(look);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          lookers.delete(look);
          reject(new Error(`no ${code} in ${timeoutMs} ms; received: ${statuses.join(', ')}`));
        }, timeoutMs);
        lookers.add(look);
        look();
      });
    },
  };
}

export interface HttpViewer extends NumberedViewer {
  /** Whether the response came to its proper end (false: it was cut off, or goes on). */
  readonly complete: boolean;
}

/** Plays FLV over HTTP. */
export async function watchHttp(scope: Scope, url: string): Promise<HttpViewer> {
  const frames = new ReceivedFrames();
  const demuxer = new FlvDemuxer();
  const { promise, resolve, reject } = Promise.withResolvers<HttpViewer>();
  const request = get(url, { agent: false }, (response) => {
    if (response.statusCode !== 200) {
      reject(new Error(`HTTP status ${response.statusCode} from ${url}`));
      return;
    }
    const ended = new Promise<void>((done) => response.once('close', () => done()));
    response.on('data', (data: Buffer) => {
      for (const { type, timestamp, body } of demuxer.push(data)) frames.add(type, timestamp, body);
    });
    resolve({
      frames,
      ended,
      get complete() {
        return response.complete;
      },
    });
  });
  request.once('error', reject);
  scope.after(() => void request.destroy());
  return promise;
}

export interface WebSocketViewer extends NumberedViewer {
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** Plays FLV over WebSocket. */
export async function watchWebSocket(scope: Scope, url: string): Promise<WebSocketViewer> {
  const frames = new ReceivedFrames();
  const demuxer = new FlvDemuxer();
  const socket = new WebSocket(url);
  scope.after(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('message', (data: Buffer) => {
    for (const { type, timestamp, body } of demuxer.push(data)) frames.add(type, timestamp, body);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { frames, closed, ended: closed.then(() => undefined) };
}
