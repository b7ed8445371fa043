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
  /** Those that cannot be used here. */
  readonly skipped: readonly TransportName[];
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
  return {
    order: wished.filter((name) => isPossible(name, can)),
    skipped: wished.filter((name) => !isPossible(name, can)),
  };
}

function isPossible(name: TransportName, can: Capabilities): boolean {
  switch (name) {
    case 'webrtc':
      return can.webrtc;
    case 'webcodecs':
      return can.webcodecs;
    case 'mse':
    case 'http-flv':
      return can.mse;
    case 'hls':
      return can.mse || can.nativeHls;
  }
}
