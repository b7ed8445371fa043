/** Which transports a viewer may use here, in which order. Free of DOM. */
import { TRANSPORTS, type TransportName } from './transport.ts';

/** What the browser and the page allow. */
export interface Capabilities {
  readonly webrtc: boolean;
  /** WebCodecs with decoders for picture and sound, and AudioWorklet: secure contexts only. */
  readonly webcodecs: boolean;
  /** Media Source Extensions, in their managed form too. */
  readonly mse: boolean;
  readonly nativeHls: boolean;
}

export interface TransportChoice {
  readonly order: readonly TransportName[];
  /** Those that cannot be used, each with its reason for the statistics panel. */
  readonly skipped: readonly { readonly name: TransportName; readonly reason: string }[];
}

/**
 * Reads a `transport` attribute: `auto`, one name, or several in order of preference.
 * Unknown names are passed over; when none is known, it is `auto`.
 */
export function parseTransports(value: string | null): readonly TransportName[] {
  const names = (value ?? '').split(/[\s,]+/).filter(isTransport);
  return names.length > 0 ? names : TRANSPORTS;
}

function isTransport(name: string): name is TransportName {
  return (TRANSPORTS as readonly string[]).includes(name);
}

/** Sorts the wished transports into usable ones, in the same order, and others. */
export function chooseTransports(
  wished: readonly TransportName[],
  can: Capabilities,
): TransportChoice {
  const order: TransportName[] = [];
  const skipped: { name: TransportName; reason: string }[] = [];
  for (const name of wished) {
    const reason = reasonAgainst(name, can);
    if (reason === undefined) order.push(name);
    else skipped.push({ name, reason });
  }
  return { order, skipped };
}

function reasonAgainst(name: TransportName, can: Capabilities): string | undefined {
  switch (name) {
    case 'webrtc':
      return can.webrtc ? undefined : 'This browser has no WebRTC.';
    case 'webcodecs':
      return can.webcodecs
        ? undefined
        : 'WebCodecs needs a current browser and a page over HTTPS or from localhost.';
    case 'mse':
    case 'http-flv':
      return can.mse ? undefined : 'This browser has no Media Source Extensions.';
    case 'hls':
      return can.mse || can.nativeHls ? undefined : 'This browser plays no HLS.';
  }
}
