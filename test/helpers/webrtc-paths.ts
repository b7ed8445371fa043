import { buildStun, parseStun, stunTypes } from '../../gateway/protocols/stun/message.ts';
import type { Path } from '../../gateway/servers/webrtc/path.ts';
import type { TcpPath } from '../../gateway/servers/webrtc/tcp-port.ts';

/** A way to a client that is not there; what is sent by it is kept. */
export interface TestPath extends Path {
  readonly sent: Buffer[];
}

export const pathFrom = (port: number, onSent?: (datagram: Buffer) => void): TestPath => {
  const sent: Buffer[] = [];
  return {
    protocol: 'udp',
    remote: { address: '127.0.0.1', port },
    sent,
    send(datagram) {
      const copy = Buffer.from(datagram);
      sent.push(copy);
      onSent?.(copy);
    },
  };
};

/** … over a TCP connection, which a test may break. */
export interface TestTcpPath extends TestPath, TcpPath {
  readonly protocol: 'tcp';
  break(): void;
}

export const tcpPathFrom = (port: number, onSent?: (datagram: Buffer) => void): TestTcpPath => {
  let onClosed = (): void => {};
  return {
    ...pathFrom(port, onSent),
    protocol: 'tcp',
    claim: (listener) => void (onClosed = listener),
    destroy() {},
    break: () => onClosed(),
  };
};

/** Connectivity checks of ours that went by a path. */
export const questionsOn = ({ sent }: TestPath): Buffer[] =>
  sent.filter((datagram) => parseStun(datagram)?.type === stunTypes.bindingRequest);

/** The answer to the newest of them, signed with the client's password. */
export const answerTo = (path: TestPath, password: string): Buffer => {
  const { transactionId } = parseStun(questionsOn(path).at(-1)!)!;
  return buildStun({ type: stunTypes.bindingSuccess, transactionId, password });
};
