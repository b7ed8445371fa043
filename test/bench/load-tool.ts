import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { run, start, type Child } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';

const SOURCE = join(import.meta.dirname, 'load');
const FILES = ['main', 'connection', 'rtmp', 'flv', 'media', 'figures', 'publish', 'play'];
/** WHEP viewers, which need OpenSSL's headers (Debian: `libssl-dev`), and what stands for them. */
const WHEP_FILES = ['whep', 'whep_offer', 'stun', 'srtp', 'rtp', 'twcc'];
const WITHOUT_WHEP = ['whep_none'];

/** Figures of a distribution, milliseconds. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What all connections of the tool have in common; bytes a message. */
export interface StreamPlan {
  readonly fps: number;
  /** Pictures from one key frame to the next. */
  readonly gop: number;
  readonly key: number;
  readonly delta: number;
  readonly audio: number;
}

/** A stream of that many kbit/s: 25 fps, 43 AAC frames/s, a key frame of five times the others every 2 s. */
export function streamPlan(kbps: number): StreamPlan {
  const audioKbps = kbps < 500 ? 48 : 128;
  const audio = Math.round((audioKbps * 1000) / 8 / (44_100 / 1024));
  const [fps, gop] = [25, 50];
  const groupBytes = (((kbps - audioKbps) * 1000) / 8) * (gop / fps);
  const delta = Math.round(groupBytes / (gop - 1 + 5));
  return { fps, gop, key: delta * 5, delta, audio };
}

/** Bytes of media a second of such a stream. */
export function planBytesPerSecond(plan: StreamPlan): number {
  const video = ((plan.key + plan.delta * (plan.gop - 1)) / plan.gop) * plan.fps;
  return video + (plan.audio * 44_100) / 1024;
}

/** Whether WHEP viewers can be compiled in. */
export function hasOpenSsl(): boolean {
  const compiler = process.env['CC'] ?? 'cc';
  const source = '#include <openssl/ssl.h>\n';
  return spawnSync(compiler, ['-xc', '-E', '-'], { input: source }).status === 0;
}

/** Compiles the load tool; needs a C compiler. Answers the program's path. */
export async function buildLoadTool(scope: Scope, dir: string): Promise<string> {
  const program = join(dir, 'load');
  const openSsl = hasOpenSsl();
  const sources = [...FILES, ...(openSsl ? WHEP_FILES : WITHOUT_WHEP)];
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-o', program];
  const paths = sources.map((name) => join(SOURCE, `${name}.c`));
  const libraries = openSsl ? ['-lssl', '-lcrypto'] : [];
  await run(scope, process.env['CC'] ?? 'cc', [...flags, ...paths, ...libraries]);
  return program;
}

interface Snap {
  readonly seconds: number;
  /** CPU seconds that the load tool itself used. */
  readonly cpu: number;
}
export interface PublisherSnap extends Snap {
  /** How far behind the plan messages were written. */
  readonly lateness: Quantiles;
}
export interface PlayerSnap extends Snap {
  /** Bytes read from the sockets. */
  readonly bytes: number;
  readonly messages: number;
  /** Datagrams, of WHEP viewers. */
  readonly packets: number;
  /** Publisher's write to arrival at the player's socket, video frames of all players. */
  readonly delay: Quantiles;
}
export interface Ready {
  readonly running: number;
  readonly closed: number;
}
export interface Stopped {
  readonly running: number;
  /** Connections that still had unsent bytes. */
  readonly stalled: number;
  readonly problem: string;
  /** Video and audio messages sent of each stream: v0, a0, v1, a1, … */
  readonly sent: readonly number[];
}
export interface Finished {
  readonly players: number;
  /** Players that received every message, once, intact, in order, at its time, from a key frame on. */
  readonly complete: number;
  readonly closed: number;
  readonly framesDue: number;
  readonly framesGot: number;
  readonly missing: number;
  readonly repeated: number;
  readonly corrupt: number;
  readonly mistimed: number;
  readonly misplaced: number;
  readonly deltaFirst: number;
  readonly misaligned: number;
  readonly problem: string;
  /** From the opening of the connection to the first key frame's arrival. */
  readonly firstKey: Quantiles;
}

export type LoadJob = 'publish' | 'rtmp' | 'flv' | 'ws' | 'hls' | 'whep';

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Players: the number of streams that they share; player i watches stream i modulo this. */
  readonly streams: number;
  readonly plan: StreamPlan;
  /** Run before everything else on its core, as far as the system allows. */
  readonly prompt?: boolean;
  /** WHEP viewers: whether they report when packets arrived, as browsers do; default: yes. */
  readonly feedback?: boolean;
  /** HLS players: the path of their playlist. */
  readonly path?: string;
  /** Program and arguments put before the tool, such as `taskset -c 1`. */
  readonly prefix: readonly string[];
}

/** One process of the load tool. */
export class LoadProcess {
  readonly child: Child;
  readonly #lines: Interface;
  readonly #waiting: { event: string; resolve: (line: unknown) => void }[] = [];
  readonly #arrived: { event: string }[] = [];
  readonly #job: LoadJob;
  readonly #connections: number;

  constructor(scope: Scope, program: string, job: LoadJob, options: LoadOptions) {
    const { plan } = options;
    this.#job = job;
    this.#connections = options.connections;
    const args = [
      ...[job, '--port', options.port, '--count', options.connections],
      ...['--streams', options.streams, '--fps', plan.fps, '--gop', plan.gop],
      ...['--key', plan.key, '--delta', plan.delta, '--audio', plan.audio],
      ...['--prompt', options.prompt === true ? 1 : 0],
      ...['--feedback', options.feedback === false ? 0 : 1],
    ].map(String);
    const tool =
      job === 'hls'
        ? [
            process.execPath,
            join(import.meta.dirname, 'hls-players.ts'),
            '--path',
            options.path ?? '/',
          ]
        : [program];
    const [command = program, ...rest] = [...options.prefix, ...tool, ...args];
    this.child = start(scope, command, rest, { stdin: 'pipe', collectStdout: false });
    const { stdout } = this.child.process;
    if (stdout === null) throw new Error('the load tool has no standard output');
    this.#lines = createInterface({ input: stdout });
    this.#lines.on('line', (text) => {
      const line = JSON.parse(text) as { event: string };
      const index = this.#waiting.findIndex(({ event }) => event === line.event);
      if (index < 0) this.#arrived.push(line);
      else this.#waiting.splice(index, 1)[0]?.resolve(line);
    });
  }

  async #event<T>(event: string, timeoutMs: number): Promise<T> {
    const index = this.#arrived.findIndex((line) => line.event === event);
    if (index >= 0) return this.#arrived.splice(index, 1)[0] as T;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => reject(new Error(`the load tool did not say "${event}" in ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#waiting.push({ event, resolve });
    void this.child.ended.then(() =>
      reject(new Error(`the load tool ended: ${this.child.stderr()}`)),
    );
    try {
      return (await promise) as T;
    } finally {
      clearTimeout(timer);
    }
  }

  #tell(line: string): void {
    this.child.process.stdin?.write(`${line}\n`);
  }

  /** All connections are open and, of players, have seen a key frame. */
  async ready(timeoutMs: number): Promise<Ready> {
    try {
      return await this.#event('ready', timeoutMs);
    } catch (error) {
      this.#tell('status');
      const { running, closed } = await this.#event<Ready>('status', 5000);
      const wanted = `${this.#connections} ${this.#job === 'publish' ? 'publishers' : 'players'}`;
      throw new Error(
        `after ${timeoutMs / 1000} s ${running} of ${wanted} were served (${closed} were refused)`,
        { cause: error },
      );
    }
  }
  /** Begins the window that is measured. */
  async mark(): Promise<void> {
    this.#tell('mark');
    await this.#event('marked', 5000);
  }
  /** Ends the window. */
  snap<T extends Snap>(): Promise<T> {
    this.#tell('snap');
    return this.#event('snap', 5000);
  }
  /** Publishers: sends no more. */
  stop(): Promise<Stopped> {
    this.#tell('stop');
    return this.#event('stopped', 5000);
  }
  /** Players: waits until everything that was sent is there, 5 s at most, and judges. */
  finish(sent: readonly number[]): Promise<Finished> {
    this.#tell(`due ${sent.join(' ')}`);
    return this.#event('finished', 15_000);
  }
  async quit(): Promise<void> {
    this.#tell('quit');
    await this.child.ended;
    this.#lines.close();
  }
}
