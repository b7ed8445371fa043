import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Scope } from './scope.ts';

export interface UdpRelayOptions {
  /** Share of datagrams that are lost in each direction, 0 to 1. */
  loss: number;
  /** Delay in each direction, ms: between the two, evenly spread, so that datagrams overtake. */
  delay: readonly [number, number];
  /** bit/s that pass towards the client; 0: any. What exceeds it waits, at most `queueMs`. */
  rate?: number;
  queueMs?: number;
}

/** A network between a client and a UDP port: loss, delay, reordering, a narrow link. */
export interface UdpRelay {
  readonly port: number;
  /** May be changed while it runs. */
  readonly options: UdpRelayOptions;
  /** Datagrams that were passed on, and those that were lost. */
  readonly figures: { passed: number; lost: number };
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
const seededRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Relays datagrams on loopback to `port`; each client gets a socket of its own towards it. */
export async function startUdpRelay(
  scope: Scope,
  port: number,
  options: UdpRelayOptions,
): Promise<UdpRelay> {
  const random = seededRandom(7);
  const figures = { passed: 0, lost: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const clients = new Map<number, Socket>();
  const front = createSocket('udp4');
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  let linkFreeAt = 0;

  const pass = (bytes: number, isToClient: boolean, send: () => void): void => {
    if (random() < options.loss) {
      figures.lost++;
      return;
    }
    const [least, most] = options.delay;
    let wait = least + (most - least) * random();
    if (isToClient && options.rate) {
      const now = performance.now();
      const queued = Math.max(0, linkFreeAt - now);
      if (queued > (options.queueMs ?? 500)) {
        figures.lost++;
        return;
      }
      linkFreeAt = now + queued + (bytes * 8000) / options.rate;
      wait += linkFreeAt - now;
    }
    figures.passed++;
    if (wait === 0) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, wait);
    timers.add(timer);
  };

  const backFor = (clientPort: number): Socket => {
    let back = clients.get(clientPort);
    if (back === undefined) {
      back = createSocket('udp4');
      back.bind(0, '127.0.0.1');
      back.on('message', (datagram) =>
        pass(datagram.length, true, () => front.send(datagram, clientPort, '127.0.0.1')),
      );
      clients.set(clientPort, back);
    }
    return back;
  };
  front.on('message', (datagram, { port: clientPort }) => {
    const back = backFor(clientPort);
    pass(datagram.length, false, () => back.send(datagram, port, '127.0.0.1'));
  });

  scope.after(() => {
    for (const timer of timers) clearTimeout(timer);
    front.close();
    for (const back of clients.values()) back.close();
  });
  return { port: front.address().port, options, figures };
}
