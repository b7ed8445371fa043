/** One kind of work, done by every server that can. */
export interface Work {
  readonly name: string;
  /** kbit/s of each stream, audio included. */
  readonly kbps: number;
  readonly publishers: number;
  readonly players: number;
  readonly output: 'rtmp' | 'flv' | 'ws' | 'hls' | 'whep';
  /** WHEP viewers that do not report when packets arrived, for servers that do not ask. */
  readonly mute?: boolean;
  /** Part of `--quick`. */
  readonly quick?: boolean;
}

const fanOut = (
  output: Work['output'],
  label: string,
  kbps: number,
  players: number,
  quick = false,
): Work => ({
  name: `1 → ${players} ${label}${kbps === 200 ? '' : `, ${kbps / 1000} Mbit/s`}`,
  kbps,
  publishers: 1,
  players,
  output,
  quick,
});

const publish = (publishers: number, quick = false): Work => ({
  name: `${publishers} publishers`,
  kbps: 200,
  publishers,
  players: 0,
  output: 'rtmp',
  quick,
});

export const works: readonly Work[] = [
  fanOut('rtmp', 'RTMP', 200, 1, true),
  fanOut('rtmp', 'RTMP', 200, 200),
  fanOut('rtmp', 'RTMP', 200, 500, true),
  fanOut('rtmp', 'RTMP', 200, 1000),
  fanOut('rtmp', 'RTMP', 200, 3000),
  fanOut('rtmp', 'RTMP', 1500, 100, true),
  fanOut('rtmp', 'RTMP', 1500, 500),
  publish(200, true),
  publish(1000),
  {
    name: '1000 × 1 → 1 RTMP',
    kbps: 200,
    publishers: 1000,
    players: 1000,
    output: 'rtmp',
  },
  fanOut('flv', 'HTTP-FLV', 200, 500, true),
  fanOut('flv', 'HTTP-FLV', 200, 1000),
  fanOut('ws', 'WebSocket-FLV', 200, 500),
  fanOut('ws', 'WebSocket-FLV', 200, 1000),
  fanOut('hls', 'HLS', 200, 500),
  fanOut('whep', 'WebRTC', 200, 200),
  fanOut('whep', 'WebRTC', 1200, 50, true),
  fanOut('whep', 'WebRTC', 1000, 300),
  { ...fanOut('whep', 'WebRTC, no feedback', 1200, 50), mute: true },
  { ...fanOut('whep', 'WebRTC, no feedback', 1000, 300), mute: true },
];
