/** `/publish/NAME`: camera, microphone or screen from this browser, by WHIP. */
import { h, setText } from '../ui/dom.ts';
import { bitRate } from '../ui/time.ts';
import { assumedFacts, gatewayFacts } from './addresses.ts';
import { nameInPath, openPage } from './page.ts';
import type { PageMessages } from './page-messages.ts';
import { drawShare } from './share.ts';
import { WhipPublisher, type PublishFailure, type PublishState } from './whip-publisher.ts';

interface Quality {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** Why there is no picture or no sound; each is a sentence of `PageMessages`. */
type Trouble = 'insecure' | 'notAllowed' | 'noDevice' | 'busyDevice' | 'onlySound' | 'onlyPicture';

const QUALITIES: readonly Quality[] = [
  { label: '1080p', width: 1920, height: 1080, bitsPerSecond: 4_000_000 },
  { label: '720p', width: 1280, height: 720, bitsPerSecond: 2_000_000 },
  { label: '360p', width: 640, height: 360, bitsPerSecond: 700_000 },
];
const FRAME_RATE = 25;

const name = nameInPath();
const page = openPage('publish', name);
const { addresses } = assumedFacts;
const main = document.querySelector('main') as HTMLElement;

const video = h('video', { autoplay: true, playsinline: true });
video.muted = true;
const badge = h('p', { class: 'badge', role: 'status' });
const problem = h('p', { role: 'alert' });
const figures = h('dl', { class: 'figures' });
const source = h('select');
const microphone = h('select');
const quality = h('select');
const sourceLabel = h('span');
const microphoneLabel = h('span');
const qualityLabel = h('span');
const start = h('button', { type: 'button', class: 'primary' });
const again = h('button', { type: 'button', class: 'button', hidden: true });
const securely = h('a', { class: 'button', hidden: true });
const notice = h('div', { class: 'notice', hidden: true }, problem, again, securely);
const share = h('section', { class: 'card share', hidden: name === undefined });
const watch = h('a', {
  class: 'button quiet',
  href: `/player/${encodeURIComponent(name ?? '')}`,
  target: '_blank',
});
const heading = h('h1', { dir: 'auto' }, name ?? '');
const refusal = h('section', { class: 'card message', hidden: name !== undefined });
main.append(
  refusal,
  h(
    'div',
    { class: 'theatre', hidden: name === undefined },
    h('section', { class: 'stage' }, h('div', { class: 'screen' }, video, badge), heading, notice),
    h(
      'aside',
      { class: 'card form' },
      h('label', {}, sourceLabel, source),
      h('label', {}, microphoneLabel, microphone),
      h('label', {}, qualityLabel, quality),
      h('div', { class: 'actions' }, start, watch),
      figures,
    ),
  ),
  share,
);

let media: MediaStream | undefined;
let publisher: WhipPublisher | undefined;
let state: PublishState = 'idle';
let failure: PublishFailure | undefined;
let trouble: Trouble | undefined;

function selected(): Quality {
  return QUALITIES[quality.selectedIndex] ?? (QUALITIES[1] as Quality);
}

function fillChoices(messages: PageMessages, devices: readonly MediaDeviceInfo[]): void {
  const chosen = [source.value, microphone.value, quality.value || '720p'] as const;
  const cameras = devices.filter((one) => one.kind === 'videoinput');
  const microphones = devices.filter((one) => one.kind === 'audioinput');
  // Before the browser has been asked, it names no devices: then the first of each kind stands in.
  const first = (label: string) => h('option', { value: '' }, label);
  source.replaceChildren(
    ...(cameras.length === 0 && media === undefined ? [first(messages.camera)] : []),
    ...cameras.map((one, index) =>
      h('option', { value: one.deviceId }, one.label || `${messages.camera} ${index + 1}`),
    ),
    ...('getDisplayMedia' in (navigator.mediaDevices ?? {})
      ? [h('option', { value: 'screen' }, messages.screen)]
      : []),
  );
  microphone.replaceChildren(
    ...(microphones.length === 0 && media === undefined ? [first(messages.microphone)] : []),
    ...microphones.map((one, index) =>
      h('option', { value: one.deviceId }, one.label || `${messages.microphone} ${index + 1}`),
    ),
    h('option', { value: 'none' }, messages.noMicrophone),
  );
  quality.replaceChildren(...QUALITIES.map(({ label }) => h('option', { value: label }, label)));
  for (const [index, select] of [source, microphone, quality].entries()) {
    const value = chosen[index] ?? '';
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  }
}

async function openMedia(): Promise<void> {
  const before = media;
  const { width, height } = selected();
  const picture = { width: { ideal: width }, height: { ideal: height }, frameRate: FRAME_RATE };
  const sound =
    microphone.value === 'none'
      ? false
      : { deviceId: microphone.value || undefined, echoCancellation: true, noiseSuppression: true };
  try {
    if (source.value === 'screen') {
      const screen = await navigator.mediaDevices.getDisplayMedia({ video: picture, audio: false });
      const voice = sound === false ? [] : await soundTracks(sound);
      media = new MediaStream([...screen.getVideoTracks(), ...voice]);
      // The browser's own "stop sharing" ends the track.
      screen.getVideoTracks()[0]?.addEventListener('ended', () => {
        if (source.value === 'screen') publisher?.stop();
      });
      trouble = undefined;
    } else {
      media = await cameraMedia({ ...picture, deviceId: source.value || undefined }, sound);
    }
  } catch (error) {
    // Whoever does not choose a screen after all goes on with what was there.
    if (source.value === 'screen' && before !== undefined) return;
    trouble = troubleOf(error);
  }
  if (media === before) return;
  for (const track of before?.getTracks() ?? []) track.stop();
  // Text on a screen wants sharpness, a face wants movement.
  const hint = source.value === 'screen' ? 'detail' : 'motion';
  for (const track of media?.getVideoTracks() ?? []) track.contentHint = hint;
  video.classList.toggle('mirrored', source.value !== 'screen');
  video.srcObject = media ?? null;
  if (media !== undefined) publisher?.replace(media);
}

/** Camera and microphone, or the one of them that there is. */
async function cameraMedia(
  picture: MediaTrackConstraints,
  sound: MediaTrackConstraints | false,
): Promise<MediaStream> {
  const { mediaDevices } = navigator;
  trouble = undefined;
  try {
    return await mediaDevices.getUserMedia({ video: picture, audio: sound });
  } catch (error) {
    if (sound === false || troubleOf(error) !== 'noDevice') throw error;
  }
  try {
    const found = await mediaDevices.getUserMedia({ video: picture });
    trouble = 'onlyPicture';
    return found;
  } catch {
    const found = await mediaDevices.getUserMedia({ audio: sound });
    trouble = 'onlySound';
    return found;
  }
}

function troubleOf(error: unknown): Trouble {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'notAllowed';
    case 'NotReadableError':
    case 'AbortError':
      return 'busyDevice';
    default:
      return 'noDevice';
  }
}

async function soundTracks(sound: MediaTrackConstraints): Promise<MediaStreamTrack[]> {
  return (await navigator.mediaDevices.getUserMedia({ audio: sound })).getAudioTracks();
}

function draw(messages: PageMessages): void {
  setText(sourceLabel, `${messages.camera} / ${messages.screen}`);
  setText(microphoneLabel, messages.microphone);
  setText(qualityLabel, messages.quality);
  const on = state !== 'idle';
  setText(start, on ? messages.stop : messages.start);
  start.className = on ? 'danger' : 'primary';
  start.disabled = media === undefined;
  quality.disabled = on;
  setText(again, messages.tryAgain);
  setText(securely, messages.openSecurely);
  again.hidden = !['notAllowed', 'noDevice', 'busyDevice'].includes(trouble ?? '');
  setText(watch, messages.watchIt);
  setText(badge, media === undefined ? '' : badgeText(messages));
  badge.dataset.state = state;
  const sentence =
    trouble !== undefined
      ? messages[trouble]
      : failure !== undefined
        ? messages.publishErrors[failure]
        : '';
  setText(problem, sentence);
  notice.hidden = sentence === '';
}

function drawRefusal(messages: PageMessages): void {
  refusal.replaceChildren(
    h('h1', {}, messages.badName),
    h('p', {}, messages.nameAdvice),
    h('a', { class: 'button', href: '/' }, messages.home),
  );
}

function badgeText(messages: PageMessages): string {
  switch (state) {
    case 'idle':
      return messages.publishStates.preview;
    case 'connecting':
      return messages.publishStates.connecting;
    case 'live':
      return messages.publishStates.live;
    case 'lost':
      return messages.publishStates.lost;
  }
}

function toggle(): void {
  if (publisher !== undefined) {
    publisher.stop();
    publisher = undefined;
    return;
  }
  if (media === undefined || name === undefined) return;
  failure = undefined;
  const url = `/live/${encodeURIComponent(name)}/whip${location.search}`;
  publisher = new WhipPublisher(url, media, selected().bitsPerSecond, (now, why) => {
    state = now;
    failure = why;
    if (now === 'idle') publisher = undefined;
    draw(page.messages);
  });
  publisher.start();
}

async function showFigures(): Promise<void> {
  const now = await publisher?.figures();
  const { figures: labels } = page.messages;
  const rows: [string, string][] =
    now === undefined
      ? []
      : [
          [labels.bitRate, bitRate(now.bitsPerSecond)],
          [labels.frameRate, `${Math.round(now.framesPerSecond)} fps`],
          [labels.size, `${now.width} × ${now.height}`],
          [labels.loss, `${(now.loss * 100).toFixed(1)} %`],
          [
            labels.keyFrames,
            now.keyFrameInterval === undefined ? '–' : `${now.keyFrameInterval.toFixed(1)} s`,
          ],
          [labels.roundTrip, `${Math.round(now.roundTrip)} ms`],
        ];
  figures.replaceChildren(
    ...rows.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)]),
  );
}

/** The way to this page over HTTPS, where the gateway serves that. */
async function offerHttps(): Promise<void> {
  const { httpsPort } = await gatewayFacts();
  if (httpsPort === 0) return;
  const url = new URL(location.href);
  url.protocol = 'https:';
  url.port = String(httpsPort);
  securely.href = url.href;
  securely.hidden = false;
}

async function begin(): Promise<void> {
  if (name === undefined) return;
  if (navigator.mediaDevices === undefined) {
    trouble = 'insecure';
    await offerHttps();
  } else {
    await openMedia();
    fillChoices(page.messages, await navigator.mediaDevices.enumerateDevices());
  }
  draw(page.messages);
}

again.addEventListener('click', () => void begin());

// A lesson does not end because somebody touched a link.
addEventListener('beforeunload', (event) => {
  if (state !== 'idle') event.preventDefault();
});

start.addEventListener('click', toggle);
for (const select of [source, microphone, quality]) {
  select.addEventListener('change', () => void openMedia().then(() => draw(page.messages)));
}
fillChoices(page.messages, []);
page.onLanguage((messages) => {
  void navigator.mediaDevices?.enumerateDevices().then((devices) => fillChoices(messages, devices));
  draw(messages);
  if (name === undefined) drawRefusal(messages);
  else {
    const title = messages.shareOut;
    drawShare(share, name, addresses, messages, { title, kinds: ['page', 'hls', 'embed'] });
  }
});
setInterval(() => void showFigures(), 1000);
void begin();
