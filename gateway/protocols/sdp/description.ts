/**
 * Session descriptions (RFC 8866) as lines and attributes, without WebRTC's meaning, which is in
 * `offer.ts`. Reading is lenient about order and line ends, strict about size.
 */

/** Chrome's largest offers have about 15 kB and 300 lines. */
const MAX_BYTES = 64 * 1024;
const MAX_LINES = 2000;
const MAX_MEDIA = 16;

export class SdpError extends Error {
  readonly code: string = 'bad_sdp';
}

/** One `a=` line: `a=name` (empty value) or `a=name:value`. */
export interface SdpAttribute {
  readonly name: string;
  readonly value: string;
}

export interface MediaSection {
  /** `audio`, `video`, `application`, … */
  readonly kind: string;
  readonly port: number;
  /** Such as `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** Payload types, in order of preference. */
  readonly formats: readonly string[];
  readonly attributes: readonly SdpAttribute[];
}

export interface SessionDescription {
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly MediaSection[];
}

/** The first attribute of this name, `undefined` when there is none. */
export const attributeOf = (
  section: { readonly attributes: readonly SdpAttribute[] },
  name: string,
): string | undefined => section.attributes.find((attribute) => attribute.name === name)?.value;

/** The values of all attributes of this name, in order. */
export const attributesOf = (
  section: { readonly attributes: readonly SdpAttribute[] },
  name: string,
): string[] =>
  section.attributes
    .filter((attribute) => attribute.name === name)
    .map((attribute) => attribute.value);

const readAttribute = (text: string): SdpAttribute => {
  const colon = text.indexOf(':');
  return colon < 0
    ? { name: text, value: '' }
    : { name: text.slice(0, colon), value: text.slice(colon + 1).trim() };
};

const readMediaLine = (text: string): MediaSection & { attributes: SdpAttribute[] } => {
  const [kind = '', port = '', protocol = '', ...formats] = text.trim().split(/\s+/);
  const number = Number.parseInt(port, 10);
  if (kind === '' || protocol === '' || !(number >= 0 && number <= 65535)) {
    throw new SdpError(
      `The media line "m=${text.slice(0, 80)}" is not "m=<kind> <port> <protocol> <formats>".`,
    );
  }
  return { kind, port: number, protocol, formats, attributes: [] };
};

/** Splits a description, or a trickle ICE fragment (RFC 8840, 9), into sections. Throws `SdpError`. */
export const parseSdp = (text: string): SessionDescription => {
  if (text.length > MAX_BYTES) {
    throw new SdpError(
      `The session description has ${text.length} characters; at most ${MAX_BYTES} are taken.`,
    );
  }
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) {
    throw new SdpError(
      `The session description has ${lines.length} lines; at most ${MAX_LINES} are taken.`,
    );
  }
  const session: SdpAttribute[] = [];
  const media: (MediaSection & { attributes: SdpAttribute[] })[] = [];
  for (const line of lines) {
    const value = line.slice(2);
    if (line.startsWith('m=')) {
      if (media.length === MAX_MEDIA) {
        throw new SdpError(`The session description has more than ${MAX_MEDIA} media sections.`);
      }
      media.push(readMediaLine(value));
    } else if (line.startsWith('a=')) {
      (media.at(-1)?.attributes ?? session).push(readAttribute(value));
    } else if (line !== '' && !/^[a-z]=/.test(line)) {
      throw new SdpError(
        `The session description holds the line "${line.slice(0, 80)}", which is not "<letter>=<value>".`,
      );
    }
  }
  return { attributes: session, media };
};
