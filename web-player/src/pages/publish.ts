/** `/publish/NAME`: camera, microphone or screen from this browser, by WHIP. */
import { h, setText } from '../ui/dom.ts';
import { assumedFacts, gatewayFacts } from './addresses.ts';
import { capture, troubleOf, type CaptureTrouble } from './capture.ts';
import { CaptureForm } from './capture-form.ts';
import { nameInPath, openPage } from './page.ts';
import type { PageMessages } from './page-messages.ts';
import { drawFigures } from './publish-figures.ts';
import { drawShare } from './share.ts';
import { WhipPublisher, type PublishFailure, type PublishState } from './whip-publisher.ts';

const name = nameInPath();
const page = openPage('publish', name);
const { addresses } = assumedFacts;
const main = document.querySelector('main') as HTMLElement;

const video = h('video', { autoplay: true, playsinline: true });
video.muted = true;
const badge = h('p', { class: 'badge', role: 'status' });
const problem = h('p', { role: 'alert' });
const figures = h('dl', { class: 'figures' });
const form = new CaptureForm(() => void openMedia().then(() => draw(page.messages)));
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
      ...form.elements,
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
let trouble: CaptureTrouble | 'insecure' | undefined;
/** Counts what was chosen: a camera that opens after the next choice is let go. */
let choice = 0;

async function openMedia(): Promise<void> {
  const chosen = ++choice;
  const { wish } = form;
  const ofScreen = wish.source === 'screen';
  try {
    const captured = await capture(wish);
    if (chosen !== choice) {
      release(captured.media);
      return;
    }
    release(media);
    media = captured.media;
    trouble = captured.trouble;
  } catch (error) {
    // Whoever does not choose a screen after all goes on with what was there.
    if (chosen === choice && (!ofScreen || media === undefined)) trouble = troubleOf(error);
    return;
  }
  if (ofScreen) {
    // The browser's own "stop sharing" ends the track.
    media.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (form.wish.source === 'screen') publisher?.stop();
    });
  }
  video.classList.toggle('mirrored', !ofScreen);
  video.srcObject = media;
  publisher?.replace(media);
}

function release(captured: MediaStream | undefined): void {
  for (const track of captured?.getTracks() ?? []) track.stop();
}

function draw(messages: PageMessages): void {
  const on = state !== 'idle';
  form.draw(messages, on);
  setText(start, on ? messages.stop : messages.start);
  start.className = on ? 'danger' : 'primary';
  start.disabled = media === undefined;
  setText(again, messages.tryAgain);
  setText(securely, messages.openSecurely);
  again.hidden = !['notAllowed', 'noDevice', 'busyDevice'].includes(trouble ?? '');
  setText(watch, messages.watchIt);
  setText(badge, media === undefined ? '' : badgeText(messages));
  badge.dataset.state = state;
  const sentence = problemText(messages);
  setText(problem, sentence);
  notice.hidden = sentence === '';
}

function problemText(messages: PageMessages): string {
  if (trouble === 'insecure') {
    return messages.insecure(securely.hidden ? localAddress() : undefined);
  }
  if (trouble !== undefined) return messages[trouble];
  return failure === undefined ? '' : messages.publishErrors[failure];
}

/** This page's address on the gateway's own computer, which browsers trust without HTTPS. */
function localAddress(): string {
  const url = new URL(location.href);
  url.hostname = 'localhost';
  return url.href;
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
  publisher = new WhipPublisher(url, media, form.wish.quality.bitsPerSecond, (now, why) => {
    state = now;
    failure = why;
    if (now === 'idle') publisher = undefined;
    draw(page.messages);
  });
  publisher.start();
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
    await offerHttps();
    trouble = 'insecure';
  } else {
    await openMedia();
    form.offer(await navigator.mediaDevices.enumerateDevices(), media !== undefined, page.messages);
  }
  draw(page.messages);
}

async function showFigures(): Promise<void> {
  drawFigures(figures, await publisher?.figures(), page.messages);
}

again.addEventListener('click', () => void begin());

// A lesson does not end because somebody touched a link.
addEventListener('beforeunload', (event) => {
  if (state !== 'idle') event.preventDefault();
});

start.addEventListener('click', toggle);
form.offer([], false, page.messages);
page.onLanguage((messages) => {
  void navigator.mediaDevices
    ?.enumerateDevices()
    .then((devices) => form.offer(devices, media !== undefined, messages));
  draw(messages);
  if (name === undefined) drawRefusal(messages);
  else {
    const title = messages.shareOut;
    drawShare(share, name, addresses, messages, { title, kinds: ['page', 'hls', 'embed'] });
  }
});
setInterval(() => void showFigures(), 1000);
void begin();
