/**
 * A WebRTC offer (RFC 9429 JSEP, RFC 8843 BUNDLE) as WHEP and WHIP bring it: one ICE and DTLS
 * transport for all media sections.
 */
import type { MediaSection, SessionDescription } from './description.ts';
import { attributeOf, attributesOf, parseSdp, SdpError } from './description.ts';

export interface OfferedCodec {
  readonly payloadType: number;
  /** Encoding name in capitals: `H264`, `OPUS`, … */
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  /** Parameters of `a=fmtp`, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Values of `a=rtcp-fb` for it (and for all): `nack`, `nack pli`, `transport-cc`, … */
  readonly feedback: ReadonlySet<string>;
  /** Payload type of its retransmissions (RFC 4588), when offered. */
  readonly rtx: number | undefined;
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface OfferedMedia {
  /** `audio`, `video`, or another kind that will be rejected. */
  readonly kind: string;
  readonly mid: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly direction: Direction;
  readonly codecs: readonly OfferedCodec[];
  /** Header extension identifiers by URI (RFC 8285). */
  readonly extensions: ReadonlyMap<string, number>;
  /** SSRCs announced by the offerer, its retransmission streams left out. */
  readonly sources: readonly number[];
  /** Retransmission SSRC → the SSRC it repairs (`ssrc-group:FID`). */
  readonly repairs: ReadonlyMap<number, number>;
}

export interface Fingerprint {
  /** In lower case, such as `sha-256`. */
  readonly algorithm: string;
  /** Upper-case hexadecimal, bytes parted by colons. */
  readonly value: string;
}

export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface WebRtcOffer {
  readonly ice: IceCredentials;
  readonly fingerprints: readonly Fingerprint[];
  readonly media: readonly OfferedMedia[];
}

const MAX_CODECS = 128;

const readParameters = (text: string): Map<string, string> => {
  const parameters = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    parameters.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return parameters;
};

/** `"96 rest"` as payload type (or `*`) and rest. */
const splitFormat = (value: string): readonly [string, string] => {
  const space = value.indexOf(' ');
  return space < 0 ? [value, ''] : [value.slice(0, space), value.slice(space + 1).trim()];
};

const readCodecs = (section: MediaSection): OfferedCodec[] => {
  const maps = new Map(attributesOf(section, 'rtpmap').map(splitFormat));
  const fmtps = new Map(attributesOf(section, 'fmtp').map(splitFormat));
  const feedback = attributesOf(section, 'rtcp-fb').map(splitFormat);
  const rtxOf = new Map<number, number>();
  const codecs: Omit<OfferedCodec, 'rtx'>[] = [];
  for (const format of section.formats.slice(0, MAX_CODECS)) {
    const map = maps.get(format);
    const payloadType = Number(format);
    if (map === undefined || !Number.isInteger(payloadType) || payloadType > 127) continue;
    const [name = '', clock = '', channels = '1'] = map.split('/');
    const parameters = readParameters(fmtps.get(format) ?? '');
    if (name.toLowerCase() === 'rtx') {
      const apt = Number(parameters.get('apt'));
      if (!rtxOf.has(apt)) rtxOf.set(apt, payloadType);
      continue;
    }
    codecs.push({
      payloadType,
      name: name.toUpperCase(),
      clockRate: Number(clock),
      channels: Number(channels),
      parameters,
      feedback: new Set(
        feedback
          .filter(([target]) => target === format || target === '*')
          .map(([, value]) => value.toLowerCase()),
      ),
    });
  }
  return codecs.map((codec) => ({ ...codec, rtx: rtxOf.get(codec.payloadType) }));
};

const readExtensions = (section: MediaSection): Map<string, number> => {
  const extensions = new Map<string, number>();
  for (const value of attributesOf(section, 'extmap')) {
    const [id = '', uri = ''] = value.split(/\s+/);
    const number = Number.parseInt(id, 10);
    // Identifiers above 14 need two-byte headers (RFC 8285, 4.3), which we do not write.
    if (number >= 1 && number <= 14 && uri !== '' && !extensions.has(uri)) {
      extensions.set(uri, number);
    }
  }
  return extensions;
};

const readSources = (section: MediaSection): Pick<OfferedMedia, 'sources' | 'repairs'> => {
  const repairs = new Map<number, number>();
  for (const group of attributesOf(section, 'ssrc-group').slice(0, 16)) {
    const [semantics, media, repair] = group.split(/\s+/);
    if (semantics === 'FID') repairs.set(Number(repair), Number(media));
  }
  const ssrcs = attributesOf(section, 'ssrc').map((value) => Number.parseInt(value, 10));
  const sources = [...new Set(ssrcs)].filter(
    (ssrc) => ssrc > 0 && ssrc <= 0xffffffff && !repairs.has(ssrc),
  );
  return { sources: sources.slice(0, 16), repairs };
};

const directions: readonly string[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

const directionOf = (section: MediaSection, session: SessionDescription): Direction =>
  ([...section.attributes, ...session.attributes].find(({ name }) => directions.includes(name))
    ?.name ?? 'sendrecv') as Direction;

const readMedia = (
  section: MediaSection,
  session: SessionDescription,
  index: number,
): OfferedMedia => ({
  kind: section.kind,
  mid: attributeOf(section, 'mid') ?? String(index),
  protocol: section.protocol,
  formats: section.formats,
  direction: directionOf(section, session),
  codecs: readCodecs(section),
  extensions: readExtensions(section),
  ...readSources(section),
});

const readFingerprint = (value: string): Fingerprint => {
  const [algorithm = '', digest = ''] = value.split(/\s+/);
  return { algorithm: algorithm.toLowerCase(), value: digest.toUpperCase() };
};

/** `ice-ufrag` and `ice-pwd` of a section, falling back to the session's. */
const readIce = (
  description: SessionDescription,
  section: MediaSection | undefined,
): IceCredentials | undefined => {
  const find = (name: string): string | undefined =>
    (section && attributeOf(section, name)) ?? attributeOf(description, name);
  const ufrag = find('ice-ufrag');
  const password = find('ice-pwd');
  return ufrag === undefined || password === undefined ? undefined : { ufrag, password };
};

/** Reads an offer. Throws `SdpError` with a sentence when it lacks what WebRTC needs. */
export const readOffer = (text: string): WebRtcOffer => {
  const description = parseSdp(text);
  const transport = description.media.find(({ port }) => port !== 0) ?? description.media[0];
  if (transport === undefined) throw new SdpError('The offer has no media section ("m=…").');
  const ice = readIce(description, transport);
  if (ice === undefined) throw new SdpError('The offer has no "a=ice-ufrag" and "a=ice-pwd".');
  const fingerprints = [
    ...attributesOf(transport, 'fingerprint'),
    ...attributesOf(description, 'fingerprint'),
  ].map(readFingerprint);
  if (fingerprints.length === 0) {
    throw new SdpError('The offer has no "a=fingerprint"; media is sent over DTLS-SRTP only.');
  }
  const setup = attributeOf(transport, 'setup') ?? attributeOf(description, 'setup') ?? 'actpass';
  if (setup === 'passive') {
    throw new SdpError('The offer has "a=setup:passive"; this server is passive itself.');
  }
  const group = attributesOf(description, 'group').find((value) => /^BUNDLE\b/.test(value));
  const active = description.media.filter(({ port }) => port !== 0);
  if (group === undefined && active.length > 1) {
    throw new SdpError('The offer does not bundle its media sections ("a=group:BUNDLE …").');
  }
  return {
    ice,
    fingerprints,
    media: description.media.map((section, index) => readMedia(section, description, index)),
  };
};

/** The credentials in a trickle ICE fragment (RFC 8840, 9), `undefined` when it only adds candidates. */
export const readIceFragment = (text: string): IceCredentials | undefined => {
  const description = parseSdp(text);
  return readIce(description, description.media[0]);
};
