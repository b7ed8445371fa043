/** The addresses at which one stream or file can be published and watched. Free of DOM. */

export interface GatewayAddresses {
  /** The host as the reader of the page reaches it, without port. */
  readonly host: string;
  /** Origin of the page, such as `http://192.0.2.1:89`. */
  readonly origin: string;
  readonly rtmpPort: number;
}

export type LinkKind =
  'page' | 'rtmp' | 'ws-flv' | 'http-flv' | 'hls' | 'webrtc' | 'file' | 'embed';

export interface WatchLink {
  readonly kind: LinkKind;
  readonly text: string;
}

const filePattern = /\.(mp4|m4v|webm|mov|mp3|m4a|flv|mkv|ts)$/i;

/** Whether a name is a file's: streams have no such endings. */
export function isFileName(name: string): boolean {
  return filePattern.test(name);
}

/** Every address for watching the stream or file `name`, the page for people first. */
export function watchLinks(name: string, at: GatewayAddresses): readonly WatchLink[] {
  const part = encodeURIComponent(name);
  const { origin } = at;
  const page = { kind: 'page', text: `${origin}/player/${part}` } as const;
  const embed = { kind: 'embed', text: embedCode(name, at) } as const;
  if (isFileName(name)) {
    return [
      page,
      { kind: 'file', text: `${origin}/${part}` },
      { kind: 'rtmp', text: `${rtmpServer(at, 'vod')}/${part}` },
      embed,
    ];
  }
  return [
    page,
    { kind: 'hls', text: `${origin}/${part}/index.m3u8` },
    { kind: 'http-flv', text: `${origin}/live/${part}.flv` },
    { kind: 'ws-flv', text: `${origin.replace(/^http/, 'ws')}/live/${part}.flv` },
    { kind: 'rtmp', text: `${publishServer(at)}/${part}` },
    { kind: 'webrtc', text: `${origin}/live/${part}/whep` },
    embed,
  ];
}

/** An address as people read it, with the name in its own script; programs get it encoded. */
export function readable(address: string): string {
  try {
    return decodeURI(address);
  } catch {
    return address;
  }
}

/** The server field of OBS and other encoders. */
export function publishServer(at: GatewayAddresses): string {
  return rtmpServer(at, 'live');
}

function rtmpServer({ host, rtmpPort }: GatewayAddresses, app: 'live' | 'vod'): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `rtmp://${bracketed}${rtmpPort === 1935 ? '' : `:${rtmpPort}`}/${app}`;
}

/** An ffmpeg command that publishes a file as a well-behaved live stream. */
export function ffmpegCommand(name: string, at: GatewayAddresses): string {
  return [
    'ffmpeg -re -i lesson.mp4 -c:v libx264 -preset veryfast -tune zerolatency',
    '-r 25 -g 25 -bf 0 -pix_fmt yuv420p -c:a aac -ar 48000 -b:a 96k',
    `-f flv ${publishServer(at)}/${encodeURIComponent(name)}`,
  ].join(' ');
}

/** What the player in a frame needs the surrounding page's leave for, besides `allowfullscreen`. */
const ALLOW = 'autoplay; picture-in-picture; screen-wake-lock';

/** HTML that shows the stream in another page. */
export function embedCode(name: string, { origin }: GatewayAddresses): string {
  const src = `${origin}/player/${encodeURIComponent(name)}`;
  return `<iframe src="${src}" allow="${ALLOW}" allowfullscreen width="640" height="360" style="border:0"></iframe>`;
}
