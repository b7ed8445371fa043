/** The home page: what is live, one stream playing, how to watch it elsewhere, how to publish. */
import { h, setText } from '../ui/dom.ts';
import { bitRate, clockTime, programmeTime } from '../ui/time.ts';
import { assumedFacts, gatewayFacts } from './addresses.ts';
import { DemoChannel } from './demo-channel.ts';
import { openPage } from './page.ts';
import type { PageMessages } from './page-messages.ts';
import { drawPublish } from './publish-help.ts';
import { loadPrograms, type Program } from './programs.ts';
import { drawShare } from './share.ts';
import { formatOf, loadStreams, type LiveStream } from './streams.ts';
import { drawWarnings } from './warnings.ts';

const POLL_INTERVAL = 2000;

const page = openPage('home');
const main = document.querySelector('main') as HTMLElement;

const player = h('ams-player', { controls: true, autoplay: true, muted: false });
const title = h('h1');
const facts = h('p', { class: 'facts' });
const warnings = h('ul', { class: 'warnings' });
const clock = h('p', { class: 'clock', hidden: true });
const share = h('section', { class: 'card share' });
const stage = h(
  'section',
  { class: 'stage' },
  h('div', { class: 'screen' }, player),
  h('div', { class: 'about' }, h('div', {}, title, facts), clock),
  warnings,
);
const listTitle = h('h2');
const list = h('ul', { class: 'streams' });
const empty = h('p', { class: 'hint' });
const notice = h('p', { class: 'notice', role: 'status' });
const demo = new DemoChannel(() => void poll());
const aside = h('aside', { class: 'card' }, listTitle, notice, list, empty, demo.element);
const recordingsTitle = h('h2');
const recordings = h('ul', { class: 'programs' });
const recordingsSection = h('section', { class: 'card' }, recordingsTitle, recordings);
const publish = h('section', { class: 'card publish' });
main.append(h('div', { class: 'theatre' }, stage, aside), share, publish, recordingsSection);

let streams: LiveStream[] = [];
let programs: Program[] = [];
let { addresses } = assumedFacts;
/** What the visitor chose to see, or else what was there first. */
let chosen = nameInHash();
let playing: string | undefined;
let reachable = true;

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
  setText(listTitle, messages.liveNow);
  setText(notice, reachable ? '' : messages.unreachable);
  const name = chosen ?? playing ?? streams[0]?.name;
  const stream = streams.find((one) => one.name === name);
  stage.hidden = name === undefined;
  main.classList.toggle('idle', name === undefined);
  empty.hidden = streams.length > 0;
  setText(empty, `${messages.noStreams} ${messages.noStreamsHint}`);
  if (name !== undefined && name !== playing) {
    playing = name;
    player.setAttribute('src', name);
    drawShare(share, name, addresses, messages);
  }
  drawList(messages);
  share.hidden = name === undefined || isFile(name);
  setText(title, name ?? '');
  setText(facts, stream === undefined ? '' : factsOf(stream, messages));
  drawWarnings(warnings, stream?.warnings ?? [], messages);
  demo.draw(messages, streams.length === 0);
  showClock();
}

function isFile(name: string): boolean {
  return /\.(mp4|flv)$/i.test(name);
}

function factsOf(stream: LiveStream, messages: PageMessages): string {
  return [
    messages.viewers(stream.viewers),
    messages.since(clockTime(stream.time / 1000)),
    formatOf(stream),
    bitRate(stream.bitRate),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** Entries are kept and changed, so that focus stays where it is. */
const entries = new Map<string, { item: HTMLElement; facts: HTMLElement; link: HTMLElement }>();

function drawList(messages: PageMessages): void {
  for (const [name, { item }] of entries) {
    if (!streams.some((stream) => stream.name === name)) {
      item.remove();
      entries.delete(name);
    }
  }
  for (const stream of streams) {
    const entry = entries.get(stream.name) ?? makeEntry(stream.name);
    setText(
      entry.facts,
      [messages.viewers(stream.viewers), formatOf(stream)].filter(Boolean).join(' · '),
    );
    if (stream.name === playing) entry.link.setAttribute('aria-current', 'true');
    else entry.link.removeAttribute('aria-current');
  }
}

function makeEntry(name: string) {
  const details = h('span', { class: 'facts' });
  const link = h(
    'a',
    { href: `#${encodeURIComponent(name)}` },
    h('i', { class: 'dot', 'aria-hidden': 'true' }),
    h('span', { class: 'name' }, name),
    details,
  );
  link.addEventListener('click', (event) => {
    event.preventDefault();
    choose(name);
  });
  const entry = { item: h('li', {}, link), facts: details, link };
  entries.set(name, entry);
  const after = [...entries.keys()].sort((a, b) => a.localeCompare(b)).indexOf(name);
  list.insertBefore(entry.item, list.children[after] ?? null);
  return entry;
}

function drawPrograms(messages: PageMessages): void {
  setText(recordingsTitle, messages.recordings);
  recordingsSection.hidden = programs.length === 0;
  recordings.replaceChildren(
    ...programs.map((program) => {
      const link = h(
        'a',
        { href: `#${encodeURIComponent(program.name)}` },
        program.poster === undefined
          ? h('span', { class: 'poster', 'aria-hidden': 'true' })
          : h('img', { class: 'poster', src: program.poster, alt: '', loading: 'lazy' }),
        h('span', { class: 'name' }, program.name),
        program.sample ? h('span', { class: 'facts' }, messages.sample) : '',
      );
      link.addEventListener('click', (event) => {
        event.preventDefault();
        choose(program.name);
        scrollTo({ top: 0, behavior: 'smooth' });
      });
      return h('li', {}, link);
    }),
  );
}

/** The demo's picture shows a clock; beside it, what that clock shows at the gateway now. */
function showClock(): void {
  const { position } = demo;
  clock.hidden = playing !== demo.name || position === undefined;
  if (position !== undefined) {
    setText(clock, `${page.messages.demoClock} ${programmeTime(position)}`);
  }
}

page.onLanguage((messages) => {
  draw(messages);
  drawPublish(publish, addresses, messages);
  drawPrograms(messages);
  if (playing !== undefined) drawShare(share, playing, addresses, messages);
});
setInterval(() => {
  if (!document.hidden) void poll();
}, POLL_INTERVAL);
setInterval(showClock, 40);
void poll();
void gatewayFacts().then(async (facts) => {
  addresses = facts.addresses;
  drawPublish(publish, addresses, page.messages);
  if (playing !== undefined) drawShare(share, playing, addresses, page.messages);
  if (!facts.api) return;
  demo.offer();
  programs = await loadPrograms();
  drawPrograms(page.messages);
});
