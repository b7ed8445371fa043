// What playing files costs a gateway in a process of its own, beside a live stream:
//
//     node test/bench/clips.ts [--clips=200] [--hours=4] [--folder=DIR]
//
// First how soon an answer begins when the file's tables are not in memory yet, each time with a
// gateway that has just been started: the whole file, 20 s of it, half of it. Then many clips of 90 s
// at once, every one from another place, compared with the same clip downloaded alone; meanwhile a
// live stream, of which every packet that its viewer got is compared with what was published.
//
// Prints one line of JSON for each. Times are ms, memory is MB of the gateway's process. The file
// (1 GB of 4 h, made by ffmpeg) stays in `--folder` when that is given.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { audioBody, videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import { sendMedia } from '../helpers/rtmp-media.ts';
import { run } from '../helpers/processes.ts';
import { openScope, type OpenScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const { values } = parseArgs({
  options: {
    clips: { type: 'string', default: '200' },
    hours: { type: 'string', default: '4' },
    folder: { type: 'string' },
    // What this program starts itself as: one that downloads.
    download: { type: 'string' },
  },
});
const clips = Number(values.clips);
const hours = Number(values.hours);
const seconds = hours * 3600;

interface Download {
  /** Until the first byte of the answer's body came, ms. */
  readonly first: number;
  /** Bytes, and whether they are all that was announced. */
  readonly bytes: number;
  readonly whole: boolean;
  readonly hash: string;
}

function download(url: string): Promise<Download> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const request = get(url, { agent: false }, (response) => {
      const hash = createHash('sha1');
      let first = 0;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        first ||= performance.now() - begun;
        bytes += chunk.length;
        hash.update(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const announced = Number(response.headers['content-length']);
        const whole = response.statusCode === 200 && bytes === announced;
        resolve({ first, bytes, whole, hash: hash.digest('hex') });
      });
    });
    request.on('error', reject);
  });
}

/** How long until the answer's body begins; the rest is not read. */
function begin(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    get(url, { agent: false }, (response) => {
      response.once('data', () => {
        resolve(performance.now() - begun);
        response.destroy();
      });
    }).on('error', reject);
  });
}

async function makeFile(scope: OpenScope, folder: string): Promise<string> {
  const path = join(folder, `bench-${hours}h.mp4`);
  if (existsSync(path)) return path;
  const minute = join(folder, '.minute.mp4');
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y'];
  await run(
    scope,
    'ffmpeg',
    [
      ...[...quiet, '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=60'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=60'],
      ...['-vf', 'noise=alls=8:allf=t', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2'],
      ...['-g', '50', '-b:v', '480k', '-maxrate', '500k', '-bufsize', '1M', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2', minute],
    ],
    { timeoutMs: 120_000 },
  );
  const loop = ['-stream_loop', String(hours * 60 - 1), '-i', minute, '-c', 'copy'];
  await run(scope, 'ffmpeg', [...quiet, ...loop, '-movflags', '+faststart', path], {
    timeoutMs: 240_000,
  });
  return path;
}

async function startGateway(scope: OpenScope, folder: string) {
  const program = fileURLToPath(new URL('gateway-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, `--upload_path=${folder}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  scope.after(stop);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const ports = JSON.parse(line.toString()) as { rtmp: number; http: number };
  return {
    stop,
    http: `http://127.0.0.1:${ports.http}`,
    rtmp: `rtmp://127.0.0.1:${ports.rtmp}/live/lesson`,
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
  };
}

/** A publisher of 25 pictures a second, and a viewer that compares every packet. */
async function startLive(address: string) {
  const publisher = await connect(address);
  await publisher.publish();
  const published: string[] = [];
  const sendMediaOf = publisher.sendMedia.bind(publisher);
  const name = (type: number, timestamp: number, payload: Uint8Array): string =>
    `${type} ${timestamp} ${createHash('sha1').update(payload).digest('hex')}`;
  const begun = new Map<string, number>();
  publisher.sendMedia = (type, timestamp, payload) => {
    const packet = name(type, timestamp, payload);
    published.push(packet);
    begun.set(packet, performance.now());
    return sendMediaOf(type, timestamp, payload);
  };
  sendMedia(publisher);
  const viewer = await connect(address);
  const received: string[] = [];
  const delays: number[] = [];
  viewer.on('media', ({ type, timestamp, payload }) => {
    const packet = name(type, timestamp, payload);
    received.push(packet);
    if (timestamp >= 10_000) delays.push(performance.now() - (begun.get(packet) ?? -Infinity));
  });
  await viewer.play();
  let frame = 0;
  const timer = setInterval(() => {
    const number = Buffer.alloc(400, frame & 0xff);
    number.writeUInt32BE(frame);
    const time = 10_000 + frame * 40;
    const role = frame++ % 25 === 0 ? 'key' : 'delta';
    const unit = Buffer.concat([Buffer.from([0, 0, 1, 145, role === 'key' ? 0x65 : 0x41]), number]);
    const picture = videoBody({ codec: 'h264', role, compositionTime: 0, payload: unit });
    publisher.sendMedia(MessageType.video, time, picture);
    const sound = audioBody({ codec: 'aac', role: 'key', payload: number.subarray(0, 60) });
    publisher.sendMedia(MessageType.audio, time, sound);
  }, 40);
  return {
    async stop() {
      clearInterval(timer);
      const of = (packets: readonly string[]) =>
        packets.filter((packet) => Number(packet.split(' ')[1]) >= 10_000);
      const due = of(published);
      await until(() => of(received).length >= due.length, 5000).catch(() => {});
      await viewer.close();
      await publisher.close();
      // Sound and picture each in their order; how they lie between each other is the server's.
      const inOrder = ['8 ', '9 '].every((kind) => {
        const only = (packets: readonly string[]) =>
          packets.filter((packet) => packet.startsWith(kind));
        return only(due).join() === only(of(received)).join();
      });
      const sorted = delays.toSorted((a, b) => a - b);
      const at = (part: number) => round(sorted[Math.floor(sorted.length * part)] ?? 0);
      return {
        packets: due.length,
        received: of(received).length,
        same: inOrder,
        delay_p50: at(0.5),
        delay_p99: at(0.99),
        delay_max: round(sorted.at(-1) ?? 0),
      };
    },
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
const print = (figures: object): void => console.log(JSON.stringify(figures));
const clipAt = (index: number): string =>
  `?start=${Math.floor((index * (seconds - 90)) / clips)}&end=${Math.floor((index * (seconds - 90)) / clips) + 90}`;

if (values.download !== undefined) {
  const base = values.download;
  const all = Array.from({ length: clips }, (_, index) => download(base + clipAt(index)));
  process.stdout.write(JSON.stringify(await Promise.all(all)));
} else {
  const scope = openScope();
  try {
    await bench(scope);
  } finally {
    await scope.close();
  }
}

async function bench(scope: OpenScope): Promise<void> {
  const folder = values.folder ?? (await tempDir(scope));
  mkdirSync(folder, { recursive: true });
  const name = (await makeFile(scope, folder)).split('/').at(-1)!;

  for (const [what, query] of [
    ['the whole file', ''],
    ['20 s', `?start=${seconds / 2}&end=${seconds / 2 + 20}`],
    ['half', `?start=${seconds / 4}&end=${(seconds / 4) * 3}`],
  ] as const) {
    const gateway = await startGateway(scope, folder);
    const live = await startLive(gateway.rtmp);
    await sleep(1000);
    const first = await begin(`${gateway.http}/${name}${query}`);
    const again = await begin(`${gateway.http}/${name}${query}`);
    await sleep(500);
    const { delay_max } = await live.stop();
    print({ cold: what, first: round(first), again: round(again), live_delay_max: delay_max });
    await gateway.stop();
  }

  const gateway = await startGateway(scope, folder);
  const live = await startLive(gateway.rtmp);
  await sleep(2000);
  const before = gateway.memory();
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, gateway.memory())), 20);
  const begun = performance.now();
  const options = [`--clips=${clips}`, `--hours=${hours}`, `--download=${gateway.http}/${name}`];
  const text = await run(scope, process.execPath, [fileURLToPath(import.meta.url), ...options], {
    timeoutMs: 120_000,
  });
  const took = performance.now() - begun;
  clearInterval(sampling);
  const all = JSON.parse(text) as Download[];
  const watched = await live.stop();
  // Some of them once more, each alone.
  let same = true;
  for (let index = 0; index < clips; index += Math.ceil(clips / 10)) {
    const alone = await download(`${gateway.http}/${name}${clipAt(index)}`);
    same &&= alone.hash === all[index]!.hash;
  }
  const firsts = all.map(({ first }) => first).toSorted((a, b) => a - b);
  print({
    clips: all.length,
    whole: all.every(({ whole }) => whole),
    same,
    gigabytes: round(all.reduce((sum, { bytes }) => sum + bytes, 0) / 1e9),
    took: Math.round(took),
    first_p50: round(firsts[Math.floor(firsts.length / 2)]!),
    first_max: round(firsts.at(-1)!),
    memory_before: Math.round(before),
    memory_grown: Math.round(most - before),
    live: watched,
  });
}
