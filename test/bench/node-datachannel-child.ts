// A WebRTC server out of the npm package node-datachannel (argument 1: its folder), for comparison:
// the gateway takes the stream in and packetises it; ICE, DTLS, SRTP and sending are libdatachannel's,
// as a Node.js program would use it, with one RTP packet a call. Prints its ports as JSON.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { writeRtpHeader } from '../../gateway/protocols/rtp/header.ts';
import type { Frame } from '../../gateway/servers/webrtc/frame.ts';
import type { OutletViewer } from '../../gateway/servers/webrtc/outlet.ts';
import { StreamOutlet } from '../../gateway/servers/webrtc/outlet.ts';
import { TranscodeBudget } from '../../gateway/servers/webrtc/transcode-budget.ts';
import { startBenchGateway } from './bench-gateway.ts';

interface Track {
  isOpen(): boolean;
  sendMessageBinary(packet: Buffer): boolean;
  onOpen(callback: () => void): void;
}
interface PeerConnection {
  onTrack(callback: (track: Track) => void): void;
  onGatheringStateChange(callback: (state: string) => void): void;
  onStateChange(callback: (state: string) => void): void;
  setRemoteDescription(sdp: string, type: 'offer'): void;
  localDescription(): { sdp: string } | null;
}
interface NodeDataChannel {
  PeerConnection: new (name: string, config: object) => PeerConnection;
}

const entry = pathToFileURL(`${process.argv[2] ?? ''}/dist/esm/lib/index.mjs`).href;
const rtc = (await import(entry)) as NodeDataChannel;

const gateway = await startBenchGateway(process.argv.slice(3));
let outlet: StreamOutlet | undefined;
const findOutlet = (): StreamOutlet | undefined => {
  const stream = gateway.hub.find('bench0');
  if (stream === undefined) return undefined;
  return (outlet ??= new StreamOutlet(stream, {
    ffmpeg: undefined,
    budget: new TranscodeBudget(() => 0),
    clock: () => performance.now(),
    wall: Date.now,
    warn: () => {},
  }));
};

/** What one viewer's packets need besides the payload. */
class Viewer implements OutletViewer {
  readonly codec = 'h264';
  readonly takesShort = false;
  readonly #track: Track;
  readonly #ssrc: number;
  readonly #packet = Buffer.alloc(1400);
  #sequence = 1;

  constructor(track: Track, ssrc: number) {
    this.#track = track;
    this.#ssrc = ssrc;
  }

  frame(frame: Frame): void {
    const last = frame.payloads.length - 1;
    frame.payloads.forEach((payload, index) => {
      const sequence = this.#sequence++ & 0xffff;
      const time = frame.timestamp;
      const head = writeRtpHeader(this.#packet, index === last, 102, sequence, time, this.#ssrc);
      this.#packet.set(payload, head);
      this.#track.sendMessageBinary(this.#packet.subarray(0, head + payload.length));
    });
  }

  discontinuity(): void {}
  reportIfDue(): void {}
  streamEnded(): void {}
  unservable(): void {}
}

const peers = new Set<PeerConnection>();

const answer = async (offer: string): Promise<string> => {
  const source = findOutlet();
  if (source === undefined) throw new Error('nobody publishes');
  const peer = new rtc.PeerConnection('bench', { iceServers: [], bindAddress: '127.0.0.1' });
  peers.add(peer);
  const { promise, resolve } = Promise.withResolvers<string>();
  peer.onGatheringStateChange((state) => {
    if (state === 'complete') resolve(peer.localDescription()?.sdp ?? '');
  });
  peer.onTrack((track) => {
    const viewer = new Viewer(track, peers.size);
    track.onOpen(() => {
      for (const frame of source.recent) viewer.frame(frame);
      source.join(viewer);
    });
  });
  peer.setRemoteDescription(offer, 'offer');
  return promise;
};

const server = createServer((request, response) => {
  void text(request)
    .then(answer)
    .then(
      (sdp) => response.writeHead(201, { 'content-type': 'application/sdp' }).end(sdp),
      () => response.writeHead(404).end(),
    );
});
server.listen(0, '127.0.0.1', () => {
  const ports = { ...gateway.ports, http: (server.address() as AddressInfo).port };
  process.stdout.write(`${JSON.stringify(ports)}\n`);
});
