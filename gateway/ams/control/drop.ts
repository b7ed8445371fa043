import type { EndReason, Protocol, Session } from '../../sessions/session.ts';

/** The part of the session registry that dropping needs. */
export interface SessionList {
  list(matches?: (session: Session) => boolean): Session[];
}

/** Which clients to drop; what is not given matches everybody. */
export interface DropFilter {
  /** A live stream's name; it never matches VOD. */
  readonly name?: string | undefined;
  readonly addr?: string | undefined;
  readonly clientId?: number | undefined;
  readonly protocol?: Protocol | undefined;
}

const dropped: EndReason = {
  code: 'dropped',
  message: 'The client was dropped through the control API.',
};
const publisherDropped: EndReason = {
  code: 'dropped',
  message: 'The publisher of the stream was dropped through the control API.',
};

/**
 * Ends publishers and, with them, every player of their streams.
 * @returns the number of publishers ended
 */
export function dropPublishers(sessions: SessionList, filter: Omit<DropFilter, 'addr'>): number {
  const publishers = sessions.list(
    (session) => session.details.kind === 'publish' && matches(session, filter),
  );
  const names = new Set(publishers.map(({ details }) => details.name));
  const players = sessions.list(
    ({ details }) => details.kind === 'play' && details.app === 'live' && names.has(details.name),
  );
  // Players first: a player of a stream that has ended could end for that reason meanwhile.
  for (const player of players) player.end(publisherDropped);
  for (const publisher of publishers) publisher.end(dropped);
  return publishers.length;
}

/**
 * Ends every client that matches, publishers too.
 * @returns the number of clients ended; sessions of one connection are one client
 */
export function dropClients(sessions: SessionList, filter: DropFilter): number {
  const matching = sessions.list((session) => matches(session, filter));
  for (const session of matching) session.end(dropped);
  return new Set(matching.map(({ details }) => details.clientId)).size;
}

/** Ends one client that came over HTTP; whether there was one. */
export function dropHttpClient(sessions: SessionList, clientId: number): boolean {
  const matching = sessions.list(
    ({ details }) => details.clientId === clientId && details.protocol !== 'rtmp',
  );
  for (const session of matching) session.end(dropped);
  return matching.length > 0;
}

function matches({ details }: Session, filter: DropFilter): boolean {
  return (
    (filter.name === undefined || (details.app === 'live' && details.name === filter.name)) &&
    (filter.addr === undefined || details.addr === filter.addr) &&
    (filter.clientId === undefined || details.clientId === filter.clientId) &&
    (filter.protocol === undefined || details.protocol === filter.protocol)
  );
}
