import { randomBytes } from 'node:crypto';
import type { Session } from '../../sessions/session.ts';
import type { Peer } from './peer.ts';
import { WebRtcProblem } from './problem.ts';

/** A WHEP or WHIP session: what a client may patch and delete. */
export interface Resource {
  readonly kind: 'whep' | 'whip';
  readonly name: string;
  readonly peer: Peer;
  readonly session: Session;
  /** First section's identifier, for the fragment that answers an ICE restart. */
  readonly mid: string;
}

/** The sessions that were answered, each under a name that nobody can guess, until they end. */
export class Resources {
  readonly #all = new Map<string, Resource>();

  get sessions(): Session[] {
    return [...this.#all.values()].map(({ session }) => session);
  }

  /** Answers the identifier. */
  add(resource: Resource): string {
    const id = randomBytes(16).toString('base64url');
    this.#all.set(id, resource);
    resource.session.onEnd(() => this.#all.delete(id));
    return id;
  }

  /** @throws WebRtcProblem `no_session` */
  find(kind: Resource['kind'], id: string, name: string): Resource {
    const resource = this.#all.get(id);
    if (resource === undefined || resource.kind !== kind || resource.name !== name) {
      throw new WebRtcProblem('no_session', 'There is no such session, or it has ended.');
    }
    return resource;
  }
}

/** The entity tag of an ICE session (RFC 9725, 4.3.1). */
export const tagOf = (peer: Peer): string => `"${peer.ice.ufrag}"`;
