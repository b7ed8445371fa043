/** The home page: what is live, one stream playing, how to watch it elsewhere, how to publish. */
import { h, setText } from '../ui/dom.ts';
import { bitRate, clockTime, programmeTime } from '../ui/time.ts';
import { assumedFacts, gatewayFacts } from './addresses.ts';
import { DemoChannel } from './demo-channel.ts';
import { drawFacts } from './facts.ts';
import { openPage } from './page.ts';
import type { PageMessages } from './page-messages.ts';
import { drawPublish } from './publish-help.ts';
import { factsOf as fileFacts, Recordings, titleOf } from './recordings.ts';
import { drawShare } from './share.ts';
import { StreamList } from './stream-list.ts';
import { formatOf, loadStreams, type LiveStream } from './streams.ts';
import { drawWarnings } from './warnings.ts';

const POLL_INTERVAL = 2000;

const page = openPage('home');
const main = document.querySelector('main') as HTMLElement;

const player = h('ams-player', { controls: true, autoplay: true });
const title = h('h1', { dir: 'auto' });
const facts = h('p', { class: 'facts' });
const warnings = h('ul', { class: 'warnings' });
const clocks = h('p', { class: 'clocks', hidden: true });
const share = h('section', { class: 'card share' });
const stage = h(
  'section',
  { class: 'stage' },
  h('div', { class: 'screen' }, player),
  h('div', { class: 'about' }, h('div', {}, title, facts), clocks),
  warnings,
);
const listTitle = h('h2');
const list = new StreamList(choose);
const empty = h('p', { class: 'hint' });
const notice = h('p', { class: 'notice', role: 'status' });
const demo = new DemoChannel(() => void poll());
const aside = h(
  'aside',
  { class: 'card live' },
  h('i', { class: 'mark', 'aria-hidden': 'true' }),
  listTitle,
  notice,
  list.search,
  list.element,
  list.more,
  empty,
  demo.element,
);
const recordings = new Recordings(choose);
const publish = h('section', { class: 'card publish' });
main.append(h('div', { class: 'theatre' }, stage, aside), share, recordings.element, publish);

let streams: LiveStream[] = [];
let { addresses } = assumedFacts;
/** What the visitor chose to see, or else what was there first. */
let chosen = nameInHash();
let playing: string | undefined;
/** Whether the gateway answers; undefined before it was asked. */
let reachable: boolean | undefined;

function nameInHash(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

function choose(name: string): void {
  history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  chosen = name;
  draw(page.messages);
}

addEventListener('hashchange', () => {
  chosen = nameInHash();
  draw(page.messages);
});

async function poll(): Promise<void> {
  try {
    streams = await loadStreams();
    reachable = true;
  } catch {
    reachable = false;
  }
  draw(page.messages);
}

function draw(messages: PageMessages): void {
  const name = chosen ?? playing ?? streams[0]?.name;
  const idle = name === undefined && streams.length === 0;
  const lost = reachable === false;
  setText(listTitle, idle ? messages.noStreams : messages.liveNow);
  listTitle.hidden = idle && lost;
  setText(notice, lost ? messages.unreachable : '');
  stage.hidden = name === undefined;
  main.classList.toggle('idle', name === undefined);
  empty.hidden = streams.length > 0 || reachable !== true;
  setText(empty, idle ? messages.noStreamsHint : messages.noStreams);
  if (name !== undefined && name !== playing) {
    playing = name;
    player.setAttribute('src', name);
    drawShare(share, name, addresses, messages);
  }
  share.hidden = name === undefined;
  list.draw(streams, playing, messages);
  const stream = streams.find((one) => one.name === name);
  const file = recordings.find(name);
  setText(title, file ? titleOf(file, messages) : (name ?? ''));
  drawFacts(facts, stream ? factsOf(stream, messages) : file ? fileFacts(file) : []);
  drawWarnings(warnings, stream?.warnings ?? [], messages);
  demo.draw(messages, streams.length === 0, !lost);
  showClocks();
}

function factsOf(stream: LiveStream, messages: PageMessages): string[] {
  return [
    messages.viewers(stream.viewers),
    messages.since(clockTime(stream.time / 1000)),
    ...formatOf(stream),
    bitRate(stream.bitRate),
  ];
}

/**
 * The demo's picture shows a clock; beside it, what that clock shows at the gateway now, and what
 * the browser's does: the difference that is seen is the delay.
 */
const programmeClock = h('b');
const browserClock = h('b');
const clockLabels = [h('span'), h('span')] as const;
clocks.append(
  h('span', {}, clockLabels[0], programmeClock),
  h('span', {}, clockLabels[1], browserClock),
);

function showClocks(): void {
  const { position } = demo;
  clocks.hidden = playing !== demo.name || position === undefined;
  if (clocks.hidden || position === undefined) return;
  setText(clockLabels[0], page.messages.demoClock);
  setText(clockLabels[1], page.messages.browserClock);
  setText(programmeClock, programmeTime(position));
  const now = new Date();
  setText(browserClock, programmeTime(now.getTime() - now.getTimezoneOffset() * 60_000));
}

function drawAll(messages: PageMessages): void {
  recordings.draw(messages);
  draw(messages);
  drawPublish(publish, addresses, messages);
  if (playing !== undefined) drawShare(share, playing, addresses, messages);
}

page.onLanguage(drawAll);
setInterval(() => {
  if (!document.hidden) void poll();
}, POLL_INTERVAL);
setInterval(showClocks, 40);
/** What this gateway is and has. */
async function askGateway(): Promise<void> {
  const gateway = await gatewayFacts();
  addresses = gateway.addresses;
  drawAll(page.messages);
  if (gateway.pictures) list.pictures.offer();
  if (!gateway.api) return;
  await Promise.all([demo.offer(), recordings.offer()]);
  draw(page.messages);
}

// Shown when it is whole, so that nothing moves under the reader's eyes.
void Promise.all([poll(), askGateway()]).then(() => main.classList.remove('loading'));
