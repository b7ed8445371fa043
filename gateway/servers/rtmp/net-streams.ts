import type { EndReason } from '../../sessions/session.ts';
import type { NetConnection } from './net-connection.ts';
import { NetStream } from './net-stream.ts';

export const MAX_NET_STREAMS = 32;

/** The NetStreams of a connection, by their numbers. */
export class NetStreams {
  #connection: NetConnection;
  #byId = new Map<number, NetStream>();

  constructor(connection: NetConnection) {
    this.#connection = connection;
  }

  /** Creates one and answers its number; undefined when the connection has its fill of them. */
  create(): number | undefined {
    let id = 1;
    while (this.#byId.has(id)) id++;
    if (id > MAX_NET_STREAMS) return undefined;
    this.#byId.set(id, new NetStream(id, this.#connection));
    return id;
  }

  delete(id: number): void {
    this.#byId.get(id)?.stop();
    this.#byId.delete(id);
  }

  /**
   * The NetStream of that number. Some peers (node-media-server when it pushes) leave the number at
   * 0 for everything: where there is just one NetStream, they can only mean that.
   */
  get(id: number): NetStream | undefined {
    const netStream = this.#byId.get(id);
    if (netStream || id !== 0 || this.#byId.size !== 1) return netStream;
    return this.#byId.values().next().value;
  }

  /** One of them publishes or plays, or asks to. */
  get busy(): boolean {
    for (const netStream of this.#byId.values()) if (netStream.busy) return true;
    return false;
  }

  /**
   * What came in one read is through. Answers whether somebody waits for what they publish; undefined
   * where not all of them publish, so that more than media comes in.
   */
  flush(): boolean | undefined {
    let allPublish = this.#byId.size > 0;
    let isWatched = false;
    for (const netStream of this.#byId.values()) {
      netStream.flush();
      allPublish &&= netStream.publishing;
      isWatched ||= netStream.watched;
    }
    return allPublish ? isWatched : undefined;
  }

  /** FCUnpublish names the stream instead of using its number. */
  unpublish(name: string): void {
    for (const netStream of this.#byId.values()) netStream.unpublish(name);
  }

  /** The connection is over; answers whether there was a session to end. */
  over(reason: EndReason): boolean {
    let served = false;
    for (const netStream of this.#byId.values()) served = netStream.over(reason) || served;
    this.#byId.clear();
    return served;
  }
}
