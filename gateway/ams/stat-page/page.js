/* global document, location, localStorage, navigator, matchMedia, performance, fetch, AbortSignal */
import { createChart, shown } from './chart.js';
import { bitRate, byteSize, duration, milliseconds, short, whole } from './figures.js';
import { createStreamList } from './streams.js';
import { words } from './words.js';

/** Samples of `/stat/sys`, one a second; undefined where the server did not answer. */
const samples = [];
let streams = [];
let answering = true;
let lookedAt = performance.now();
let language = chosenLanguage();
const streamList = createStreamList();

const byId = (id) => document.getElementById(id);
const protocols = ['rtmp', 'webrtc', 'ws-flv', 'flv', 'hls', 'mp4'];

/** The player's transports, whose viewers report the delay that they see. */
const transports = ['webrtc', 'webcodecs', 'mse', 'http-flv', 'hls'];
const delayOf = ({ delays }, transport) => delays.find((one) => one.transport === transport);

/** Each chart, and what it draws from a sample. */
const charts = [
  {
    key: 'bandwidth',
    chart: createChart(bitRate, 1e6),
    series: ({ series }) => [
      [series.in, ({ rtmp_in_kbps }) => rtmp_in_kbps * 1000],
      [series.rtmp_out, ({ rtmp_out_kbps }) => rtmp_out_kbps * 1000],
      [series.http_out, ({ http_kbps }) => http_kbps * 1000],
    ],
  },
  {
    key: 'viewers',
    chart: createChart(short, 10),
    series: () =>
      protocols
        .filter((protocol) => samples.some((sample) => (sample?.viewers[protocol] ?? 0) > 0))
        .map((protocol) => [protocol, ({ viewers }) => viewers[protocol] ?? 0]),
  },
  {
    key: 'delay',
    chart: createChart(milliseconds, 100),
    series: () =>
      transports
        .filter((transport) => samples.some((sample) => sample && delayOf(sample, transport)))
        .flatMap((transport) => [
          [`${transport} 50 %`, (sample) => delayOf(sample, transport)?.p50],
          [`${transport} 95 %`, (sample) => delayOf(sample, transport)?.p95],
        ]),
  },
  {
    key: 'dropped',
    chart: createChart(short, 10),
    series: ({ series }) => [
      [
        series.dropped,
        (sample, before) => (before ? Math.max(0, sample.dropped - before.dropped) : 0),
      ],
    ],
  },
  {
    key: 'loop',
    chart: createChart(milliseconds, 10),
    series: ({ series }) => [
      [series.p50, ({ loop_p50 }) => loop_p50],
      [series.p99, ({ loop_p99 }) => loop_p99],
    ],
  },
  {
    key: 'memory',
    chart: createChart(byteSize, 1e8),
    series: ({ series }) => [[series.memory, ({ memory }) => memory]],
  },
  {
    key: 'cpu',
    chart: createChart((value) => `${short(value)} %`, 100),
    series: ({ series }) => [[series.cpu, ({ cpu }) => cpu]],
  },
];

function draw() {
  const say = words[language];
  const sample = samples.findLast((entry) => entry !== undefined);
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = say.page;
  for (const element of document.querySelectorAll('[data-word]')) {
    element.textContent = say[element.dataset.word];
  }
  byId('language').textContent = say.other;
  byId('theme').title = say.theme;
  byId('theme').setAttribute('aria-label', say.theme);
  byId('state').classList.toggle('lost', !answering);
  if (!answering) byId('state').textContent = say.lost;
  if (sample === undefined) return;
  if (answering) byId('state').textContent = say.running(duration(sample.uptime, say.days));
  drawFigures(sample, say);
  for (const { key, chart, series } of charts) {
    chart.draw({
      title: say.charts[key],
      begin: say.ago(shown / 60),
      end: say.now,
      none: key === 'viewers' ? say.noViewers : say.noReports,
      series: series(say).map(([name, read], index) => ({
        name,
        colour: index + 1,
        values: samples.map((entry, at) => entry && read(entry, samples[at - 1])),
      })),
    });
  }
  streamList.draw(streams, say);
}

function drawFigures(sample, say) {
  const viewers = Object.values(sample.viewers).reduce((sum, count) => sum + count, 0);
  const out = (sample.rtmp_out_kbps + sample.http_kbps) * 1000;
  const figures = [
    ['streams', whole(sample.rtmp_publish_cn), say.ofAtMost(whole(sample.max_stream))],
    ['viewers', whole(viewers), say.ofAtMost(whole(sample.max_client))],
    ['in', ...apart(bitRate(sample.rtmp_in_kbps * 1000))],
    ['out', ...apart(bitRate(out))],
    ['dropped', whole(sample.dropped), ''],
    ['callbacks', whole(sample.callbacks_waiting), say.waiting],
    ['memory', ...apart(byteSize(sample.memory))],
    ['cpu', short(sample.cpu), '%'],
  ];
  const elements = figures.map(([key, value, unit]) => {
    const [box, name, figure, small] = ['div', 'dt', 'dd', 'small'].map((tag) =>
      document.createElement(tag),
    );
    name.textContent = say.figures[key];
    small.textContent = unit;
    figure.append(value, ' ', small);
    figure.classList.toggle('attention', key === 'callbacks' && sample.callbacks_waiting > 100);
    box.append(name, figure);
    return box;
  });
  byId('figures').replaceChildren(...elements);
}

/** `12.4 Mbit/s` as its number and its unit. */
function apart(text) {
  const space = text.lastIndexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

async function ask(path) {
  const response = await fetch(path, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(5000),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function look() {
  if (document.hidden && samples.length > 0) return;
  const seconds = Math.round((performance.now() - lookedAt) / 1000);
  // Where nobody looked for a while, or nobody answered, the charts have a gap.
  for (let missed = 1; missed < Math.min(seconds, shown); missed++) samples.push(undefined);
  lookedAt = performance.now();
  try {
    const [system, report] = await Promise.all([ask('/stat/sys'), ask('/stat/channel')]);
    samples.push(system);
    streams = report.live;
    answering = true;
  } catch {
    samples.push(undefined);
    answering = false;
  }
  samples.splice(0, samples.length - shown);
  draw();
  document.querySelector('main').classList.remove('loading');
}

/** One look after the other, a second apart. */
async function keepLooking() {
  await look();
  setTimeout(keepLooking, 1000);
}

function chosenLanguage() {
  const wish = new URL(location.href).searchParams.get('lang');
  return /^zh/i.test(wish ?? remembered('ams-language') ?? navigator.language) ? 'zh' : 'en';
}

/** Storage may be forbidden; then every visit is the first. */
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not remembered, then.
  }
}

const root = document.documentElement;
const theme = remembered('ams-theme');
if (theme !== null) root.dataset.theme = theme;
byId('theme').addEventListener('click', () => {
  const dark =
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';
  root.dataset.theme = dark ? 'light' : 'dark';
  remember('ams-theme', root.dataset.theme);
});
byId('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en';
  remember('ams-language', language);
  draw();
});
byId('streams').append(streamList.element);
byId('charts').append(...charts.map(({ chart }) => chart.element));
draw();
keepLooking();
