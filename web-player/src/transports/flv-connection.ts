/** The bytes of a live FLV stream, over a WebSocket or an HTTP response. */
import { errorOfAnswer, PlaybackError } from '../playback/playback-error.ts';

export interface FlvConnectionListener {
  /** Connected; the stream's bytes may still be far, when nobody publishes yet. */
  opened(): void;
  received(bytes: Uint8Array<ArrayBuffer>): void;
  /** The gateway ended the stream. */
  ended(): void;
  failed(error: PlaybackError): void;
}

export interface FlvConnection {
  readonly bytesReceived: number;
  close(): void;
}

/**
 * The gateway closes with 4000 plus the HTTP status that it would have answered with, because a
 * page cannot see why a WebSocket was not opened; the reason begins with the error's code.
 */
const REFUSALS = 4000;
/** RFC 6455, 7.4.1: the gateway has dropped this viewer. */
const POLICY = 1008;

/** Opens `url` (`ws:`, `wss:`, `http:` or `https:`). After `ended` or `failed` nothing more comes. */
export function openFlv(url: string, listener: FlvConnectionListener): FlvConnection {
  return url.startsWith('ws') ? openSocket(url, listener) : openResponse(url, listener);
}

function openSocket(url: string, listener: FlvConnectionListener): FlvConnection {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let bytesReceived = 0;
  let opened = false;
  socket.onopen = () => {
    opened = true;
    listener.opened();
  };
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (!(event.data instanceof ArrayBuffer)) return;
    bytesReceived += event.data.byteLength;
    listener.received(new Uint8Array(event.data));
  };
  socket.onclose = (event) => {
    if (event.code >= REFUSALS + 400 && event.code < REFUSALS + 600) {
      const code = /^[a-z_]+/.exec(event.reason)?.[0];
      listener.failed(errorOfAnswer('The WebSocket', event.code - REFUSALS, code ?? ''));
    } else if (event.code === 1000) {
      listener.ended();
    } else if (event.code === POLICY) {
      listener.failed(new PlaybackError('refused', `The gateway let go: ${event.reason}`));
    } else {
      const what = opened ? 'was lost' : 'could not be opened';
      listener.failed(
        new PlaybackError('network', `The WebSocket ${what} (close code ${event.code}).`),
      );
    }
  };
  return {
    get bytesReceived() {
      return bytesReceived;
    },
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
}

function openResponse(url: string, listener: FlvConnectionListener): FlvConnection {
  const abort = new AbortController();
  let bytesReceived = 0;
  const read = async () => {
    const response = await fetch(url, { signal: abort.signal, cache: 'no-store' });
    if (!response.ok || response.body === null) {
      throw errorOfAnswer('HTTP-FLV', response.status, await codeOf(response));
    }
    listener.opened();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (abort.signal.aborted) return;
      if (done) break;
      bytesReceived += value.byteLength;
      listener.received(value);
    }
    listener.ended();
  };
  read().catch((cause: unknown) => {
    if (abort.signal.aborted) return;
    listener.failed(
      cause instanceof PlaybackError
        ? cause
        : new PlaybackError('network', 'The HTTP-FLV response broke off.', { cause }),
    );
  });
  return {
    get bytesReceived() {
      return bytesReceived;
    },
    close() {
      abort.abort();
    },
  };
}

/** The `code` of a JSON error answer, when it is one. */
export async function codeOf(response: Response): Promise<string | undefined> {
  try {
    const body: unknown = JSON.parse(await response.text());
    if (typeof body !== 'object' || body === null || !('code' in body)) return undefined;
    return typeof body.code === 'string' ? body.code : undefined;
  } catch {
    return undefined;
  }
}
