/**
 * Runs in the measured page before its own scripts: reads the number of every frame that is shown
 * and notes when, and when each beep is heard. The numbers of the pattern come in by
 * `globalThis.latencyPattern`.
 */

interface PatternPlace {
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Whether to listen to the sound; for a video element that changes how it plays. */
  readonly sound: boolean;
}

interface Probe {
  /** Number of each shown frame, and when it was on screen, ms since 1970. */
  readonly shown: { number: number; at: number }[];
  /** When each beep was heard, ms since 1970. */
  readonly heard: number[];
  /** When the page began to load the stream, ms since 1970. */
  startedAt: number;
}

declare const latencyPattern: PatternPlace;

const probe: Probe = { shown: [], heard: [], startedAt: 0 };
Object.assign(globalThis, { latencyProbe: probe });

/** From the compositor's turn to the screen: one refresh, as in the project's other figures. */
const REFRESH = 1000 / 60;
const reader = new OffscreenCanvas(latencyPattern.bits, 2).getContext('2d', {
  willReadFrequently: true,
});

function read(surface: HTMLVideoElement | HTMLCanvasElement): number | undefined {
  const { bits, x, y, width, height, pictureWidth, pictureHeight } = latencyPattern;
  const isVideo = surface instanceof HTMLVideoElement;
  const sx = (isVideo ? surface.videoWidth : surface.width) / pictureWidth;
  const sy = (isVideo ? surface.videoHeight : surface.height) / pictureHeight;
  if (reader === null || sx === 0) return undefined;
  reader.imageSmoothingEnabled = true;
  reader.drawImage(surface, x * sx, y * sy, width * sx, height * sy, 0, 0, bits, 2);
  const { data } = reader.getImageData(0, 0, bits, 2);
  let number = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    const upper = data[bit * 4 + 1] ?? 0;
    const lower = data[(bits + bit) * 4 + 1] ?? 0;
    if (Math.abs(upper - lower) < 80) return undefined;
    number = (number << 1) | (upper > lower ? 1 : 0);
  }
  return number;
}

function note(surface: HTMLVideoElement | HTMLCanvasElement, presentedAt: number): void {
  const number = read(surface);
  if (number === undefined || number === probe.shown.at(-1)?.number) return;
  probe.shown.push({ number, at: performance.timeOrigin + presentedAt + REFRESH });
}

function followVideo(video: HTMLVideoElement): void {
  const seen: VideoFrameRequestCallback = (_now, metadata) => {
    note(video, metadata.presentationTime);
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  if (latencyPattern.sound) listenTo(video);
}

function followCanvas(canvas: HTMLCanvasElement): void {
  const look = (): void => {
    if (!canvas.hidden) note(canvas, performance.now());
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

const DETECTOR = `registerProcessor('beep-detector', class extends AudioWorkletProcessor {
  #loudUntil = 0;
  process([input]) {
    const samples = input[0];
    if (samples) for (let i = 0; i < samples.length; i += 1) {
      if (Math.abs(samples[i]) < 0.02) continue;
      const at = currentTime + i / sampleRate;
      if (at > this.#loudUntil) this.port.postMessage(at);
      this.#loudUntil = at + 0.3;
    }
    return true;
  }
});`;
const detectorUrl = URL.createObjectURL(new Blob([DETECTOR], { type: 'text/javascript' }));

/** Puts a detector beside what goes into `node` of `context`. */
async function detect(context: AudioContext, node: AudioNode): Promise<void> {
  await context.audioWorklet.addModule(detectorUrl);
  const detector = new AudioWorkletNode(context, 'beep-detector');
  detector.port.onmessage = (event: MessageEvent<number>) => {
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
    const at = performanceTime + (event.data - contextTime) * 1000;
    probe.heard.push(performance.timeOrigin + at);
  };
  connectPlainly.call(node, detector);
}

Object.assign(globalThis, { detectSound: detect });

/** A canvas has no sound of its own: what the player sends to its output is listened to. */
const connectPlainly = Reflect.get(AudioNode.prototype, 'connect') as (
  this: AudioNode,
  ...args: unknown[]
) => AudioNode;
const tapped = new WeakSet<AudioNode>();
AudioNode.prototype.connect = function (this: AudioNode, ...args: unknown[]) {
  const [to] = args;
  if (latencyPattern.sound && to instanceof AudioDestinationNode && !tapped.has(this)) {
    tapped.add(this);
    void detect(to.context as AudioContext, this);
  }
  return connectPlainly.apply(this, args);
};

function listenTo(video: HTMLVideoElement): void {
  const begin = (): void => {
    // The player adds the sound to a picture that plays.
    if (video.srcObject instanceof MediaStream && video.srcObject.getAudioTracks().length === 0) {
      setTimeout(begin, 5);
      return;
    }
    const context = new AudioContext({ latencyHint: 'interactive' });
    const source =
      video.srcObject instanceof MediaStream
        ? context.createMediaStreamSource(video.srcObject)
        : context.createMediaElementSource(video);
    if (video.srcObject === null) source.connect(context.destination);
    else void detect(context, source);
  };
  video.addEventListener('playing', begin, { once: true });
}

/** Begins with the player, or the bare video, that the page has. */
function find(): void {
  const player = document.querySelector('ams-player');
  const root = player?.shadowRoot ?? (player === null ? document : undefined);
  const video = root?.querySelector('video');
  if (root === undefined || video === null || video === undefined) {
    setTimeout(find, 5);
    return;
  }
  probe.startedAt = performance.timeOrigin + performance.now();
  followVideo(video);
  const canvas = root.querySelector('canvas');
  if (canvas !== null) followCanvas(canvas);
}
find();
