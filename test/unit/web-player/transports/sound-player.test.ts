import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { samplesOf, SoundPlayer } from '../../../../web-player/src/transports/sound-player.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';

/** What of a browser's sound the player uses, doing nothing but what the test says. */
class FakeContext {
  state = 'suspended';
  currentTime = 5;
  outputLatency = 0.03;
  readonly baseLatency = 0.01;
  readonly destination = {};
  readonly audioWorklet = { addModule: async () => undefined };
  getOutputTimestamp() {
    return { contextTime: 0, performanceTime: 0 };
  }
  async resume() {
    this.state = 'running';
  }
  async close() {
    this.state = 'closed';
  }
}

interface Message {
  readonly type: string;
  readonly pts: number;
}

/** Decodes at once, and counts the time on from the first frame, as Chromium's decoder does. */
class FakeDecoder {
  state = 'unconfigured';
  readonly #output: (data: unknown) => void;
  #time: number | undefined;

  constructor({ output }: { output: (data: unknown) => void }) {
    this.#output = output;
  }
  configure() {
    this.state = 'configured';
  }
  decode({ timestamp }: { timestamp: number }) {
    this.#time ??= timestamp;
    this.#output({
      timestamp: this.#time,
      numberOfChannels: 1,
      numberOfFrames: 1024,
      copyTo: () => undefined,
      close: () => undefined,
    });
    this.#time += 21_333;
  }
  close() {
    this.state = 'closed';
  }
}

const messages: Message[] = [];
const contexts: FakeContext[] = [];
const fakes = {
  AudioContext: class extends FakeContext {
    constructor() {
      super();
      contexts.push(this);
    }
  },
  AudioWorkletNode: class {
    readonly port = { postMessage: (message: Message) => messages.push(message) };
    connect(next: unknown) {
      return next;
    }
    disconnect() {}
  },
  GainNode: class {
    readonly gain = { setTargetAtTime: () => undefined };
    connect() {}
  },
  AudioDecoder: FakeDecoder,
  EncodedAudioChunk: class {
    readonly timestamp: number;
    constructor({ timestamp }: { timestamp: number }) {
      this.timestamp = timestamp;
    }
  },
  __AUDIO_WORKLET__: './audio-worklet.js',
};
const before = Object.fromEntries(
  Object.keys(fakes).map((name) => [name, Reflect.get(globalThis, name) as unknown]),
);
Object.assign(globalThis, fakes);

const record = buildAacConfig({ objectType: 2, sampleRate: 48_000, channelConfiguration: 1 });

async function makePlayer() {
  const ready: number[] = [];
  const player = new SoundPlayer(
    {
      ready: (pts) => ready.push(pts),
      report: () => undefined,
      unsupported: () => undefined,
      refused: () => undefined,
    },
    1,
    false,
  );
  player.take('config', 'aac', 0, record);
  await new Promise(setImmediate);
  messages.length = 0;
  return { player, ready };
}

describe('the sound player', () => {
  after(() => Object.assign(globalThis, before));

  it('gives each frame its own time back over a gap, whatever the decoder counts', async () => {
    const { player, ready } = await makePlayer();
    for (const pts of [0, 21, 43, 97, 118]) player.take('frame', 'aac', pts, new Uint8Array(8));
    assert.deepEqual(ready, [0, 21, 43, 97, 118]);
    assert.deepEqual(
      messages.filter(({ type }) => type === 'sound').map(({ pts }) => pts),
      [0, 21, 43, 97, 118],
    );
    player.close();
  });

  it('knows how long the output takes', async () => {
    const { player } = await makePlayer();
    assert.ok(Math.abs(player.latency - 30) < 0.001);
    player.close();
  });

  it('decodes nothing that nobody hears', async () => {
    const { player, ready } = await makePlayer();
    player.setSound(1, true);
    player.take('frame', 'aac', 0, new Uint8Array(8));
    assert.deepEqual(ready, []);
    player.close();
  });

  it('closes its output', async () => {
    const { player } = await makePlayer();
    player.close();
    assert.equal(contexts.at(-1)?.state, 'closed');
    assert.equal(player.running, false);
  });
});

describe('decoded sound', () => {
  /** Two channels of three samples, interleaved; `formats`: what the browser copies. */
  const data = (formats: readonly string[], asked: string[]): AudioData => {
    const copyTo = (
      to: Float32Array,
      { planeIndex, format }: { planeIndex: number; format: string },
    ): void => {
      asked.push(format);
      if (!formats.includes(format)) throw new DOMException('not known', 'NotSupportedError');
      const interleaved = [1, -1, 2, -2, 3, -3];
      to.set(
        format === 'f32' ? interleaved : interleaved.filter((_, i) => i % 2 === planeIndex % 2),
      );
    };
    return { numberOfChannels: 2, numberOfFrames: 3, copyTo } as unknown as AudioData;
  };
  const channels = [Float32Array.of(1, 2, 3), Float32Array.of(-1, -2, -3)];

  it('is not copied channel by channel where it need not be', () => {
    const asked: string[] = [];
    assert.deepEqual(samplesOf(data(['f32', 'f32-planar'], asked)), channels);
    assert.deepEqual(asked, ['f32']);
  });

  it('is where the browser copies in no other way', () => {
    assert.deepEqual(samplesOf(data(['f32-planar'], [])), channels);
  });
});
