/** The addresses at which one stream can be published and watched. Free of DOM. */

export interface GatewayAddresses {
  /** The host as the reader of the page reaches it, without port. */
  readonly host: string;
  /** Origin of the page, such as `http://192.0.2.1:89`. */
  readonly origin: string;
  readonly rtmpPort: number;
}

export type LinkKind = 'page' | 'rtmp' | 'ws-flv' | 'http-flv' | 'hls' | 'webrtc' | 'embed';

/** Every address for watching `name`, the page for people first. */
export function watchLinks(
  name: string,
  at: GatewayAddresses,
): readonly { readonly kind: LinkKind; readonly text: string }[] {
  const part = encodeURIComponent(name);
  return [
    { kind: 'page', text: `${at.origin}/player/${part}` },
    { kind: 'hls', text: `${at.origin}/${part}/index.m3u8` },
    { kind: 'http-flv', text: `${at.origin}/live/${part}.flv` },
    { kind: 'ws-flv', text: `${at.origin.replace(/^http/, 'ws')}/live/${part}.flv` },
    { kind: 'rtmp', text: `${publishServer(at)}/${part}` },
    { kind: 'webrtc', text: `${at.origin}/live/${part}/whep` },
    { kind: 'embed', text: embedCode(name, at) },
  ];
}

/** The server field of OBS and other encoders. */
export function publishServer({ host, rtmpPort }: GatewayAddresses): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `rtmp://${bracketed}${rtmpPort === 1935 ? '' : `:${rtmpPort}`}/live`;
}

/** An ffmpeg command that publishes a file as a well-behaved live stream. */
export function ffmpegCommand(name: string, at: GatewayAddresses): string {
  return [
    'ffmpeg -re -i lesson.mp4 -c:v libx264 -preset veryfast -tune zerolatency',
    '-g 50 -bf 0 -pix_fmt yuv420p -c:a aac -ar 48000 -b:a 96k',
    `-f flv '${publishServer(at)}/${encodeURIComponent(name)}'`,
  ].join(' ');
}

/** HTML that shows the stream in another page. */
export function embedCode(name: string, { origin }: GatewayAddresses): string {
  const src = `${origin}/player/${encodeURIComponent(name)}`;
  return `<iframe src="${src}" allow="autoplay; fullscreen; picture-in-picture" width="640" height="360" style="border:0"></iframe>`;
}
