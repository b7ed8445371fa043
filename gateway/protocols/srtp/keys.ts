/**
 * SRTP key derivation (RFC 3711, 4.3; RFC 7714, 11) and the two protection profiles in use.
 */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createSecretKey } from 'node:crypto';

export type SrtpProfile = 'AEAD_AES_128_GCM' | 'AES128_CM_SHA1_80';

interface ProfileFacts {
  /** Number in DTLS's use_srtp extension (RFC 5764, 4.1.2; RFC 7714, 14.2). */
  readonly id: number;
  /** Bytes of master key and master salt. */
  readonly keyBytes: 16;
  readonly saltBytes: 12 | 14;
  /** Bytes of the authentication tag. */
  readonly tagBytes: 16 | 10;
}

export const srtpProfiles: Readonly<Record<SrtpProfile, ProfileFacts>> = {
  AEAD_AES_128_GCM: { id: 7, keyBytes: 16, saltBytes: 12, tagBytes: 16 },
  AES128_CM_SHA1_80: { id: 1, keyBytes: 16, saltBytes: 14, tagBytes: 10 },
};

/** What DTLS-SRTP hands over for one direction. */
export interface MasterKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** Session keys of one direction, for RTP or for RTCP. Key objects: raw keys cost Node 24 far more. */
export interface SessionKeys {
  readonly encryption: KeyObject;
  /** HMAC-SHA1 key, 20 bytes; without meaning for the AEAD profile. */
  readonly authentication: KeyObject;
  readonly salt: Buffer;
}

/** AES-CM PRF of RFC 3711, 4.3.3 with a key derivation rate of 0. */
const derive = (master: MasterKey, label: number, length: number): Buffer => {
  const iv = Buffer.alloc(16);
  iv.set(master.salt.subarray(0, 14), 0);
  iv[7] = iv[7]! ^ label;
  return createCipheriv('aes-128-ctr', master.key, iv).update(Buffer.alloc(length));
};

/** Derives the session keys for RTP (`rtp`) or RTCP (`rtcp`) from a master key. */
export const deriveSessionKeys = (
  profile: SrtpProfile,
  master: MasterKey,
  use: 'rtp' | 'rtcp',
): SessionKeys => {
  const { keyBytes, saltBytes } = srtpProfiles[profile];
  const first = use === 'rtp' ? 0 : 3;
  return {
    encryption: createSecretKey(derive(master, first, keyBytes)),
    authentication: createSecretKey(derive(master, first + 1, 20)),
    salt: derive(master, first + 2, saltBytes),
  };
};
