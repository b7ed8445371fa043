/**
 * The ICE-lite side of connectivity checks (RFC 8445, 2.5 and 7.3): requests are answered, never
 * sent. The lite agent is always controlled.
 */
import type { TransportAddress } from './address.ts';
import type { StunMessage } from './message.ts';
import { buildStun, integrityMatches, stunTypes } from './message.ts';

/** What a request means to the session it names. */
export type BindingVerdict =
  /** Authentic: answer, and from now on this address belongs to the session. */
  | { readonly kind: 'accepted'; readonly nominated: boolean; readonly response: Buffer }
  /** Authentic or nearly so, but wrong: answer the error, change nothing. */
  | { readonly kind: 'refused'; readonly response: Buffer }
  /** Not from our peer: stay silent. */
  | { readonly kind: 'ignored' };

/** The two fragments of USERNAME in a request to us: `ours:theirs` (RFC 8445, 7.2.2). */
export const splitUsername = (
  username: string | undefined,
): { readonly local: string; readonly remote: string } | undefined => {
  const colon = username?.indexOf(':') ?? -1;
  if (username === undefined || colon < 1) return undefined;
  return { local: username.slice(0, colon), remote: username.slice(colon + 1) };
};

/**
 * Judges a binding request and writes the answer. A request without the right MESSAGE-INTEGRITY is
 * ignored rather than answered with 401, so that nobody's forged source address receives anything.
 */
export const judgeBinding = (
  packet: Buffer,
  message: StunMessage,
  password: string,
  source: TransportAddress,
): BindingVerdict => {
  if (message.type !== stunTypes.bindingRequest) return { kind: 'ignored' };
  if (!integrityMatches(packet, message, password)) return { kind: 'ignored' };
  const { transactionId } = message;
  const refuse = (code: number, reason: string, unknown?: readonly number[]): BindingVerdict => ({
    kind: 'refused',
    response: buildStun({
      type: stunTypes.bindingError,
      transactionId,
      error: { code, reason },
      unknown,
      password,
    }),
  });
  if (message.unknown.length > 0) return refuse(420, 'Unknown Attribute', message.unknown);
  // A full agent must control a lite one; a peer that believes itself controlled is told to switch
  // (RFC 8445, 7.3.1.1: we keep the controlled role whatever the tie-breakers say).
  if (message.controlled !== undefined) return refuse(487, 'Role Conflict');
  return {
    kind: 'accepted',
    nominated: message.useCandidate,
    response: buildStun({
      type: stunTypes.bindingSuccess,
      transactionId,
      mapped: source,
      password,
    }),
  };
};
