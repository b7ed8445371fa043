import { readFileSync } from 'node:fs';

/** Offers of real clients: Chrome's as captured, the others after what these clients send. */
export type OfferFixture =
  | 'chrome-156-recvonly'
  | 'chrome-156-sendonly'
  | 'safari-18-recvonly'
  | 'firefox-140-recvonly'
  | 'obs-31-sendonly';

const folder = new URL('../unit/protocols/sdp/fixtures/', import.meta.url);

export const offerText = (name: OfferFixture): string =>
  readFileSync(new URL(`${name}.sdp`, folder), 'utf8');
