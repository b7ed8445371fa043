import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isDtls } from '../../gateway/protocols/dtls/record.ts';
import { isRtcp, readRtpHeader, type RtpHeader } from '../../gateway/protocols/rtp/header.ts';
import { attributeOf, attributesOf, parseSdp } from '../../gateway/protocols/sdp/description.ts';
import { srtpProfiles, type SrtpProfile } from '../../gateway/protocols/srtp/keys.ts';
import { SrtpReceiver, SrtpSender } from '../../gateway/protocols/srtp/session.ts';
import { buildStun, isStun, stunTypes } from '../../gateway/protocols/stun/message.ts';
import { createDtlsIdentity } from '../../gateway/servers/webrtc/dtls-identity.ts';
import {
  createDtlsClient,
  endFlights,
  receiveDtls,
} from '../../gateway/servers/webrtc/werift-dtls.ts';
import type { Scope } from './scope.ts';
import { protectRtp } from './srtp.ts';

/** One RTP packet as the client got it. */
export interface ReceivedRtp extends RtpHeader {
  readonly payload: Buffer;
}

export interface WebRtcClientOptions {
  /** Address of the endpoint, `http://…/live/NAME/whep` or `…/whip`. */
  readonly url: string;
  readonly profile?: SrtpProfile;
  /** Sections of the offer; default: video and audio. */
  readonly media?: readonly ('video' | 'audio')[];
  readonly onRtp?: (packet: ReceivedRtp) => void;
  readonly onRtcp?: (compound: Buffer) => void;
  readonly headers?: Record<string, string>;
}

/** A WebRTC client of a few lines, for tests that a browser would be too much for. */
export interface WebRtcClient {
  readonly answer: string;
  /** Address of the session's resource. */
  readonly resource: string;
  readonly socket: Socket;
  readonly serverPort: number;
  /** What its answers to checks are signed with. */
  readonly icePassword: string;
  /** What it sent so far, as somebody on the way could have overheard it. */
  readonly overheard: readonly Buffer[];
  /** Sends an RTP packet (header and payload in clear) or a compound RTCP packet, protected. */
  sendRtp(packet: Buffer, headerLength: number, index: number): void;
  sendRtcp(compound: Buffer): void;
  /** Resolves when keys are there. */
  readonly connected: Promise<void>;
  /** Stops answering without a word. */
  vanish(): void;
}

const PAYLOAD_TYPES = { video: 102, videoRtx: 103, audio: 111 } as const;

const sectionOf = (
  kind: 'video' | 'audio',
  mid: number,
  direction: string,
  transport: readonly string[],
): string[] =>
  kind === 'video'
    ? [
        `m=video 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPES.video} ${PAYLOAD_TYPES.videoRtx}`,
        ...transport,
        `a=mid:${mid}`,
        `a=${direction}`,
        'a=rtcp-mux',
        `a=rtpmap:${PAYLOAD_TYPES.video} H264/90000`,
        `a=fmtp:${PAYLOAD_TYPES.video} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f`,
        `a=rtcp-fb:${PAYLOAD_TYPES.video} nack`,
        `a=rtcp-fb:${PAYLOAD_TYPES.video} nack pli`,
        `a=rtpmap:${PAYLOAD_TYPES.videoRtx} rtx/90000`,
        `a=fmtp:${PAYLOAD_TYPES.videoRtx} apt=${PAYLOAD_TYPES.video}`,
      ]
    : [
        `m=audio 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPES.audio}`,
        ...transport,
        `a=mid:${mid}`,
        `a=${direction}`,
        'a=rtcp-mux',
        `a=rtpmap:${PAYLOAD_TYPES.audio} opus/48000/2`,
      ];

/** Sends an offer, and connects as the answer says. Rejects when the answer is not 201. */
export async function connectWebRtc(
  scope: Scope,
  options: WebRtcClientOptions,
): Promise<WebRtcClient> {
  const { url, profile = 'AEAD_AES_128_GCM', media = ['video', 'audio'] } = options;
  const identity = await createDtlsIdentity();
  const ufrag = randomBytes(6).toString('base64').replace(/[=]/g, '');
  const password = randomBytes(18).toString('base64').replace(/[=]/g, '');
  const { algorithm, value } = identity.fingerprint;
  const transport = [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:${algorithm} ${value}`,
    'a=setup:actpass',
  ];
  const direction = url.includes('/whip') ? 'sendonly' : 'recvonly';
  const offer = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${media.map((_, index) => index).join(' ')}`,
    ...media.flatMap((kind, index) => sectionOf(kind, index, direction, transport)),
    '',
  ].join('\r\n');
  const response = await fetch(url, {
    method: 'POST',
    // A connection that is kept alive would hold the gateway's end up.
    headers: { 'content-type': 'application/sdp', connection: 'close', ...options.headers },
    body: offer,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
  const description = parseSdp(answer);
  const section = description.media.find(({ port }) => port !== 0)!;
  const candidate = attributesOf(section, 'candidate').find((text) => text.includes(' udp '))!;
  const serverPort = Number(candidate.split(' ')[5]);
  const serverUfrag = attributeOf(section, 'ice-ufrag')!;
  const serverPassword = attributeOf(section, 'ice-pwd')!;

  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const overheard: Buffer[] = [];
  let isOpen = true;
  const close = (): void => {
    if (isOpen) socket.close();
    isOpen = false;
    clearInterval(checks);
    endFlights(dtls);
  };
  const send = (bytes: Buffer): void => {
    if (!isOpen) return;
    overheard.push(Buffer.from(bytes));
    socket.send(bytes, serverPort, '127.0.0.1');
  };
  const check = (): void =>
    send(
      buildStun({
        type: stunTypes.bindingRequest,
        transactionId: randomBytes(12),
        username: `${serverUfrag}:${ufrag}`,
        priority: 1,
        useCandidate: true,
        controlling: 1n,
        password: serverPassword,
      }),
    );
  const checks = setInterval(check, 1000);
  scope.after(close);

  const { keyBytes, saltBytes } = srtpProfiles[profile];
  const dtls = createDtlsClient(identity, [profile], send);

  let sender: SrtpSender | undefined;
  let receiver: SrtpReceiver | undefined;
  const connected = new Promise<void>((resolve, reject) => {
    dtls.onError.subscribe(reject);
    dtls.onConnect.once(() => {
      const keys = dtls.extractSessionKeys(keyBytes, saltBytes);
      sender = new SrtpSender(profile, { key: keys.localKey, salt: keys.localSalt });
      receiver = new SrtpReceiver(profile, { key: keys.remoteKey, salt: keys.remoteSalt });
      resolve();
    });
  });
  connected.catch(() => undefined);

  let hasStarted = false;
  socket.on('message', (datagram) => {
    if (isStun(datagram)) {
      if (hasStarted) return;
      hasStarted = true;
      dtls.connect().catch(() => undefined);
    } else if (isDtls(datagram)) {
      try {
        receiveDtls(dtls, datagram);
      } catch {
        // A flight that came twice.
      }
    } else if (receiver === undefined) return;
    else if (isRtcp(datagram)) {
      const compound = receiver.unprotectRtcp(datagram);
      if (compound !== undefined) options.onRtcp?.(compound);
    } else {
      const header = readRtpHeader(datagram);
      const payload = header && receiver.unprotectRtp(datagram, header.length);
      if (header !== undefined && payload !== undefined) options.onRtp?.({ ...header, payload });
    }
  });
  check();

  return {
    answer,
    resource: new URL(response.headers.get('location') ?? '', url).href,
    socket,
    serverPort,
    icePassword: password,
    overheard,
    connected,
    sendRtp(packet, headerLength, index) {
      const header = packet.subarray(0, headerLength);
      send(protectRtp(sender!, header, packet.subarray(headerLength), index));
    },
    sendRtcp: (compound) => send(sender!.protectRtcp(compound)),
    vanish: close,
  };
}
