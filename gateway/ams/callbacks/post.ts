import type { AgentOptions, IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { http } from '../../ops/node-http.ts';

/** The receiver's answer; its body is read and let go. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Why a callback got no answer. */
export class CallbackError extends Error {
  override readonly name = 'CallbackError';
  /** `callback_stale`: a kept connection turned out to be closed; nobody has read the callback. */
  readonly code: 'callback_timeout' | 'callback_failed' | 'callback_stale' | 'callback_no_address';

  constructor(code: CallbackError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Sends callbacks over connections that are kept and reused. */
export interface Poster {
  /**
   * Posts a body and answers with the receiver's status and headers.
   *
   * @param timeoutMs for everything: a free connection, the request, the answer and its body
   * @throws CallbackError when there was no answer
   */
  post(address: string, type: string, body: string | Buffer, timeoutMs: number): Promise<Answer>;
  /** Closes every connection, those in use too. */
  close(): void;
}

export const formType = 'application/x-www-form-urlencoded';

/** More of an answer's body is not read: the connection is closed instead of being kept. */
const maxAnswerBytes = 65_536;

/** @param connections most connections to one receiver at a time; the rest wait for their turn */
export function createPoster(connections: number): Poster {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: Math.min(connections, 16),
  };
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };

  function attempt(
    url: URL,
    type: string,
    body: string | Buffer,
    deadline: number,
  ): Promise<Answer> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, {
        agent: secure ? agents.https : agents.http,
        method: 'POST',
        headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) },
      });
      const timer = setTimeout(
        () => {
          const message = `${url.host} gave no answer in time.`;
          request.destroy(new CallbackError('callback_timeout', message));
        },
        Math.max(0, deadline - performance.now()),
      );
      request.once('close', () => clearTimeout(timer));
      request.once('error', (error: NodeJS.ErrnoException) => {
        if (error instanceof CallbackError) return reject(error);
        const stale = request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(error.code ?? '');
        const code = stale ? 'callback_stale' : 'callback_failed';
        reject(new CallbackError(code, `${url.host} gave no answer: ${error.message}.`, error));
      });
      request.once('response', (response) => {
        let read = 0;
        response.on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read > maxAnswerBytes) request.destroy();
        });
        // The answer counts from its headers on; a body that breaks off changes nothing.
        response.on('error', () => {});
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
      });
      request.end(body);
    });
  }

  return {
    async post(address, type, body, timeoutMs) {
      const url = URL.parse(address);
      if (url === null) {
        throw new CallbackError('callback_no_address', 'No callback address is configured.');
      }
      const deadline = performance.now() + timeoutMs;
      // The receiver may close a kept connection just when it is used again; the next one is tried,
      // and as each of these uses one up, this ends with a new connection.
      for (;;) {
        try {
          return await attempt(url, type, body, deadline);
        } catch (error) {
          if (!(error instanceof CallbackError) || error.code !== 'callback_stale') throw error;
        }
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
