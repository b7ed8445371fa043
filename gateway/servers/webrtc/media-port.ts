import { isDtls } from '../../protocols/dtls/record.ts';
import { splitUsername } from '../../protocols/stun/binding.ts';
import { isStun, parseStun, stunTypes } from '../../protocols/stun/message.ts';
import type { DatagramHandler, Path } from './path.ts';
import type { Peer } from './peer.ts';
import { isTcpPath, listenTcp } from './tcp-port.ts';
import type { TcpPort } from './tcp-port.ts';
import { bindUdp } from './udp-port.ts';
import type { UdpPort } from './udp-port.ts';

/** Peers are looked through this often for those that vanished, ms. */
const SWEEP_MS = 1_000;

/** Tries to find a number that is free over UDP and TCP. */
const PORT_ATTEMPTS = 10;

interface UdpPorts {
  readonly main: UdpPort;
  /** The same number over IPv6, when `main` is all of IPv4. */
  readonly ipv6: UdpPort | undefined;
}

/** A way that somebody vouched for. */
interface KnownPath {
  readonly peer: Peer;
  readonly path: Path;
}

/**
 * The one port that all WebRTC media goes through, over UDP and, under the same number, TCP.
 *
 * A connectivity check names its session by the first fragment of USERNAME and proves to belong to
 * it by MESSAGE-INTEGRITY; from then on its source address, or its TCP connection, stands for the
 * session (behind one NAT both may have the same address). Packets from
 * addresses that nobody vouched for are dropped at a look (RFC 7983 tells the protocols apart).
 */
export class MediaPort implements DatagramHandler {
  readonly #peers = new Map<string, Peer>();
  /** Addresses over UDP, by port first: the lookup then takes no string to be built. */
  readonly #addresses = new Map<number, KnownPath[]>();
  readonly #connections = new Map<Path, KnownPath>();
  #udp: UdpPorts | undefined;
  /** Bound to one address, and that is of IPv6. */
  #isIpv6 = false;
  #tcp: TcpPort | undefined;
  #sweep: NodeJS.Timeout | undefined;
  readonly #clock: () => number;
  #strays = 0;
  readonly #strayListeners = new Set<() => void>();

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The port's number; 0 when it is not open. */
  get port(): number {
    return this.#udp?.main.port ?? 0;
  }

  get hasTcp(): boolean {
    return this.#tcp !== undefined;
  }

  get hasIpv6(): boolean {
    return this.#udp?.ipv6 !== undefined || this.#isIpv6;
  }

  /** Datagrams that belonged to nobody. */
  get strays(): number {
    return this.#strays;
  }

  /** Calls back at every stray datagram; answers how to stop that. */
  onStray(listener: () => void): () => void {
    this.#strayListeners.add(listener);
    return () => this.#strayListeners.delete(listener);
  }

  /** Sessions that are there. */
  get peers(): number {
    return this.#peers.size;
  }

  /**
   * Opens the port. TCP and IPv6 are taken where they can be had.
   * @param port 0 takes one that is free over UDP and TCP
   * @param host '' opens all addresses
   * @throws the system's error when UDP cannot be bound
   */
  async open(port: number, host: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const udp = await this.#bindUdp(port, host);
      try {
        this.#tcp = await listenTcp(udp.main.port, host, this);
      } catch {
        // Somebody else has the TCP port: UDP serves nearly everybody.
        if (port === 0 && attempt < PORT_ATTEMPTS) {
          await Promise.all([udp.main.close(), udp.ipv6?.close()]);
          continue;
        }
      }
      this.#udp = udp;
      this.#sweep = setInterval(() => this.#endVanished(), SWEEP_MS);
      return;
    }
  }

  async #bindUdp(port: number, host: string): Promise<UdpPorts> {
    const bind = async (family: 'udp4' | 'udp6', number: number): Promise<UdpPort> => {
      const bound: UdpPort = await bindUdp(family, number, host, (datagram, address, from) =>
        this.#onUdp(datagram, address, from, bound),
      );
      return bound;
    };
    this.#isIpv6 = host.includes(':');
    const main = await bind(this.#isIpv6 ? 'udp6' : 'udp4', port);
    if (host !== '') return { main, ipv6: undefined };
    try {
      return { main, ipv6: await bind('udp6', main.port) };
    } catch {
      return { main, ipv6: undefined }; // a system without IPv6
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const peer of this.#peers.values()) peer.close('shutdown');
    await Promise.all([this.#udp?.main.close(), this.#udp?.ipv6?.close(), this.#tcp?.close()]);
    this.#udp = undefined;
    this.#tcp = undefined;
  }

  /** Lets connectivity checks find a peer by its user fragment. */
  add(peer: Peer): void {
    this.#peers.set(peer.ice.ufrag, peer);
  }

  /** The peer restarted ICE under new credentials. */
  rename(peer: Peer, before: string): void {
    this.#peers.delete(before);
    this.#peers.set(peer.ice.ufrag, peer);
  }

  /** Forgets a peer and the ways that stood for it. */
  remove(peer: Peer): void {
    this.#peers.delete(peer.ice.ufrag);
    for (const [path, known] of this.#connections) {
      if (known.peer === peer) this.#connections.delete(path);
    }
    for (const port of this.#addresses.keys()) this.#removeWhere(port, (one) => one.peer === peer);
  }

  /** Forgets one way of a peer. */
  forget(peer: Peer, path: Path): void {
    if (isTcpPath(path)) this.#connections.delete(path);
    else this.#removeWhere(path.remote.port, (one) => one.path === path && one.peer === peer);
  }

  /** Sessions that are not connected yet. */
  get connecting(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.state === 'connecting') count++;
    return count;
  }

  /** Takes a datagram from a TCP connection, which is its own address. */
  onDatagram(datagram: Buffer, path: Path): void {
    const known = this.#connections.get(path);
    if (isStun(datagram)) this.#onStun(datagram, known, () => path);
    else this.#onMedia(datagram, known);
  }

  #onUdp(datagram: Buffer, address: string, port: number, socket: UdpPort): void {
    if (datagram.length === 0) return;
    const known = this.#find(address, port);
    if (datagram[0]! >= 4) this.#onMedia(datagram, known);
    else if (isStun(datagram))
      this.#onStun(datagram, known, () => socket.pathTo({ address, port }));
    else this.#onStray();
  }

  #find(address: string, port: number): KnownPath | undefined {
    const known = this.#addresses.get(port);
    if (known === undefined) return undefined;
    for (const one of known) if (one.path.remote.address === address) return one;
    return undefined;
  }

  #onMedia(datagram: Buffer, known: KnownPath | undefined): void {
    if (known === undefined) this.#onStray();
    else if (isDtls(datagram)) known.peer.onDtls(datagram, known.path);
    else if (datagram[0]! >= 128 && datagram[0]! <= 191) known.peer.onSrtp(datagram);
    else this.#onStray();
  }

  #onStun(datagram: Buffer, known: KnownPath | undefined, pathOf: () => Path): void {
    const message = parseStun(datagram);
    if (message?.type === stunTypes.bindingSuccess) {
      if (known === undefined) this.#onStray();
      else known.peer.onCheckAnswer(datagram, message, known.path);
      return;
    }
    const local = splitUsername(message?.username)?.local;
    const peer = local === undefined ? undefined : this.#peers.get(local);
    if (message === undefined || peer === undefined) {
      this.#onStray();
      return;
    }
    const path = known?.peer === peer ? known.path : pathOf();
    if (!peer.onCheck(datagram, message, path)) return;
    if (known?.peer !== peer) this.#remember(peer, path);
    if (peer.mediaPath === path) path.settle?.();
  }

  #remember(peer: Peer, path: Path): void {
    if (isTcpPath(path)) {
      this.#connections.set(path, { peer, path });
      return;
    }
    const { address, port } = path.remote;
    this.#removeWhere(port, (one) => one.path.remote.address === address);
    this.#addresses.set(port, [...(this.#addresses.get(port) ?? []), { peer, path }]);
  }

  #removeWhere(port: number, isGone: (known: KnownPath) => boolean): void {
    const known = this.#addresses.get(port) ?? [];
    const others = known.filter((one) => !isGone(one));
    if (others.length === known.length) return;
    for (const one of known) if (!others.includes(one)) one.path.close?.();
    if (others.length === 0) this.#addresses.delete(port);
    else this.#addresses.set(port, others);
  }

  #onStray(): void {
    this.#strays++;
    for (const listener of this.#strayListeners) listener();
  }

  #endVanished(): void {
    const now = this.#clock();
    for (const peer of this.#peers.values()) peer.checkConsent(now);
  }
}
