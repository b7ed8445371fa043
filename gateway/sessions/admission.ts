import type { Session } from './session.ts';

/** What admission may grant beyond entry (the AMS callbacks' answer headers). */
export interface Grant {
  /** VOD: the file to play instead of the one that the name would find. */
  readonly filename?: string;
  /** Publish: where and whether to record. */
  readonly record?: { readonly now: boolean; readonly path?: string; readonly name?: string };
}

/** A refusal: a stable word, and a sentence that the client is told in its protocol's own way. */
export interface Refusal {
  readonly code: 'limit' | 'forbidden' | 'no_answer' | 'bad_name' | 'busy' | 'shutdown';
  readonly message: string;
}

export type Decision =
  | { readonly admitted: true; readonly grant: Grant }
  | { readonly admitted: false; readonly refusal: Refusal };

/**
 * One question asked at the door. It may take its time: the client's command waits for it.
 * `signal` aborts when the client has gone meanwhile.
 */
export type AdmissionCheck = (session: Session, signal: AbortSignal) => Promise<Decision>;

export const admitted: Decision = { admitted: true, grant: {} };

export function refused(code: Refusal['code'], message: string): Decision {
  return { admitted: false, refusal: { code, message } };
}

/** Asks the checks in order; the first refusal decides, grants are merged. */
export async function askAll(
  checks: readonly AdmissionCheck[],
  session: Session,
  signal: AbortSignal,
): Promise<Decision> {
  let grant: Grant = {};
  for (const check of checks) {
    const decision = await check(session, signal);
    if (!decision.admitted) return decision;
    grant = { ...grant, ...decision.grant };
  }
  return { admitted: true, grant };
}
