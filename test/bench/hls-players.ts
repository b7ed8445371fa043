// HLS players for the benchmark, in a process of their own that is spoken to like the load tool:
//
//     hls-players.ts hls --port N --count PLAYERS --path /NAME/index.m3u8
//
// Each has a connection of its own, reloads the playlist as players do (after a target duration, or
// half of one when nothing was new, RFC 8216 section 6.3.4), and downloads each segment once. A segment must be the
// same for all who download it, whole packets of MPEG-TS, and none may be left out.
import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    count: { type: 'string', default: '1' },
    path: { type: 'string', default: '/' },
  },
  strict: false,
  allowPositionals: true,
});
const port = Number(values.port);
const count = Number(values.count);
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Bytes of all answers' bodies. */
let bytes = 0;
/** Number of segments that are due to all players, came whole, came differently or not at all. */
const totals = { due: 0, got: 0, corrupt: 0, missing: 0 };
let problem = '';
/** What the first player got of each segment. */
const seen = new Map<string, string>();
/** From opening the connection to the first segment's end, ms. */
const beginnings: number[] = [];
let stopping = false;

function fetchBytes(agent: Agent, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(pieces);
        bytes += body.length;
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path}: ${response.statusCode} ${body.toString('utf8', 0, 100)}`));
      });
    });
    request.on('error', reject);
  });
}

interface Playlist {
  readonly first: number;
  readonly targetMs: number;
  readonly uris: readonly string[];
}

function parse(text: string): Playlist {
  const tag = (name: string): number =>
    Number(new RegExp(`^#EXT-X-${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    first: tag('MEDIA-SEQUENCE'),
    targetMs: tag('TARGETDURATION') * 1000,
    uris: text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#')),
  };
}

const resolvePath = (uri: string, base: string): string =>
  new URL(uri, `http://127.0.0.1${base}`).pathname;

/** The path of the media playlist: the first one that a multivariant playlist names, or itself. */
async function mediaPlaylist(agent: Agent): Promise<string> {
  const entry = String(values.path);
  for (;;) {
    const text = await fetchBytes(agent, entry).then(String, () => '');
    if (text.includes('#EXT-X-STREAM-INF')) return resolvePath(parse(text).uris[0]!, entry);
    if (text.includes('#EXTINF')) return entry;
    await delay(250);
  }
}

async function segment(agent: Agent, path: string): Promise<void> {
  totals.due++;
  try {
    const body = await fetchBytes(agent, path);
    const hash = createHash('sha1').update(body).digest('base64');
    const name = path.slice(path.lastIndexOf('/'));
    const first = seen.get(name) ?? hash;
    seen.set(name, first);
    const whole = body.length > 0 && body.length % 188 === 0 && body[0] === 0x47;
    if (whole && first === hash) totals.got++;
    else totals.corrupt++;
  } catch (error) {
    problem ||= String(error);
    totals.missing++;
  }
}

/** Watches until everything is to stop; `onRunning` is called when its first segment is there. */
async function player(index: number, onRunning: (ms: number) => void): Promise<void> {
  // They come spread over two segments, as a class does.
  await delay((index / count) * 4000);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const began = performance.now();
  const path = await mediaPlaylist(agent);
  let next: number | undefined;
  while (!stopping) {
    const asked = performance.now();
    const { first, targetMs, uris } = parse(String(await fetchBytes(agent, path)));
    const live = first + uris.length;
    const begins = next === undefined;
    next ??= live - 1;
    const left = Math.max(0, first - next);
    totals.missing += left;
    totals.due += left;
    const fresh = uris.slice(next + left - first);
    for (const uri of fresh) await segment(agent, resolvePath(uri, path));
    next = live;
    if (begins) onRunning(performance.now() - began);
    const wait = fresh.length > 0 ? targetMs : targetMs / 2;
    await delay(Math.max(0, wait - (performance.now() - asked)));
  }
  agent.destroy();
}

const all: Promise<void>[] = [];
let running = 0;
let closed = 0;
for (let index = 0; index < count; index++) {
  const watching = player(index, (ms) => {
    beginnings.push(ms);
    if (++running === count) tell({ event: 'ready', running, closed });
  });
  all.push(
    watching.catch((error: unknown) => {
      problem ||= String(error);
      closed++;
    }),
  );
}

let mark = { at: 0, cpu: 0, bytes: 0 };
const usage = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const quantiles = (milliseconds: readonly number[]) => {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
};

const commands: Record<string, () => void> = {
  status: () => tell({ event: 'status', running, closed }),
  mark: () => {
    mark = { at: performance.now(), cpu: usage(), bytes };
    tell({ event: 'marked' });
  },
  snap: () => {
    const seconds = (performance.now() - mark.at) / 1000;
    const cpu = usage() - mark.cpu;
    tell({ event: 'snap', seconds, cpu, bytes: bytes - mark.bytes, messages: 0, packets: 0 });
  },
  due: () => {
    stopping = true;
    void Promise.all(all).then(() => {
      const { due, got, corrupt, missing } = totals;
      const complete = corrupt + missing === 0 ? running - closed : 0;
      const frames = { framesDue: due, framesGot: got, missing, corrupt };
      const none = { repeated: 0, mistimed: 0, misplaced: 0, deltaFirst: 0, misaligned: 0 };
      const players = { players: count, complete, closed, problem };
      tell({ event: 'finished', ...players, ...frames, ...none, firstKey: quantiles(beginnings) });
    });
  },
  quit: () => process.exit(0),
};
createInterface({ input: process.stdin })
  .on('line', (line) => commands[line.split(' ')[0]!]?.())
  .on('close', () => process.exit(0));
