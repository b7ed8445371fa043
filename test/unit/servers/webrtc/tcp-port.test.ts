import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { FrameReader } from '../../../../gateway/protocols/stun/framing.ts';
import { buildStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';
import { isTcpPath, listenTcp, type TcpPath } from '../../../../gateway/servers/webrtc/tcp-port.ts';
import { frameHeader } from '../../../helpers/stun.ts';
import { until } from '../../../helpers/until.ts';

const CHECK = buildStun({
  type: stunTypes.bindingRequest,
  transactionId: Buffer.alloc(12),
  username: 'a:b',
  password: 'p',
});

const framed = (bytes: Buffer): Buffer => Buffer.concat([frameHeader(bytes.length), bytes]);

const setUp = async (t: TestContext, onDatagram: (datagram: Buffer, path: TcpPath) => void) => {
  const port = await listenTcp(0, '127.0.0.1', {
    onDatagram: (datagram: Buffer, path: Path) => {
      assert.ok(isTcpPath(path));
      onDatagram(datagram, path);
    },
  });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return port.close();
  });
  return (localAddress = '127.0.0.1'): Socket => {
    const socket = connect({ port: port.port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  };
};

test('datagrams come and go framed, whatever the pieces they come in', async (t) => {
  const came: string[] = [];
  const dial = await setUp(t, (datagram, path) => {
    path.claim(() => {});
    if (datagram.equals(CHECK)) path.send(Buffer.from('welcome'));
    else came.push(datagram.toString());
  });
  const socket = dial();
  const answers: string[] = [];
  const reader = new FrameReader((frame) => answers.push(frame.toString()));
  socket.on('data', (chunk) => reader.push(chunk));
  const stream = Buffer.concat([CHECK, Buffer.from('one'), Buffer.from('two')].map(framed));
  // Written once the piece before has come, or they would come together.
  socket.write(stream.subarray(0, CHECK.length + 3));
  await until(() => answers.length === 1);
  assert.deepEqual([answers, came], [['welcome'], []]);
  socket.write(stream.subarray(CHECK.length + 3));
  await until(() => came.length === 2);
  assert.deepEqual(came, ['one', 'two']);
});

test('a session hears of its connection’s end, and ends it after its last word', async (t) => {
  const paths: TcpPath[] = [];
  let isOver = false;
  const dial = await setUp(t, (_datagram, path) => {
    path.claim(() => {
      isOver = true;
    });
    paths.push(path);
  });
  const socket = dial();
  let got = '';
  socket.on('data', (chunk) => (got += chunk.toString('latin1')));
  socket.write(framed(CHECK));
  await until(() => paths.length === 1);
  paths[0]!.send(Buffer.from('goodbye'));
  paths[0]!.destroy();
  await once(socket, 'close');
  assert.match(got, /goodbye$/);
  await until(() => isOver);
  paths[0]!.send(Buffer.from('nobody hears this'));
});

test('a stranger that nobody claims is cut after five seconds, a claimed connection is not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const dial = await setUp(t, (_datagram, path) => {
    if (asked++ === 0) path.claim(() => {});
  });
  const turn = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise(setImmediate);
  };
  const [claimed, stranger] = [dial(), dial()];
  claimed.write(framed(CHECK));
  await turn(() => asked === 1);
  stranger.write(framed(CHECK));
  await turn(() => asked === 2);
  const closed = once(stranger, 'close');
  t.mock.timers.tick(5_000);
  await closed;
  claimed.write(framed(CHECK));
  await turn(() => asked === 3);
});

test('strangers are few: those beyond are cut, and room is made by those who leave', async (t) => {
  let asked = 0;
  const dial = await setUp(t, () => asked++);
  const strangers: Socket[] = [];
  // One address after the other: all at once overflow the queue of those that are to be accepted.
  for (let address = 1; address <= 16; address++) {
    for (let count = 0; count < 64; count++) {
      const stranger = dial(`127.0.0.${address}`);
      stranger.write(framed(CHECK));
      strangers.push(stranger);
    }
    await until(() => asked === strangers.length);
  }
  await once(dial('127.0.0.17'), 'close');
  strangers[0]!.destroy();
  // The server hears of it a moment later.
  await until(async () => {
    const next = dial();
    next.write(framed(CHECK));
    await Promise.race([once(next, 'close'), until(() => asked > 1024)]);
    return asked > 1024;
  });
});

test('strangers of one address leave room for those of others', async (t) => {
  let asked = 0;
  let claims = false;
  const dial = await setUp(t, (_datagram, path) => {
    if (claims) path.claim(() => {});
    asked++;
  });
  const strangers = Array.from({ length: 64 }, () => dial());
  for (const stranger of strangers) stranger.write(framed(CHECK));
  await until(() => asked === 64);
  await once(dial(), 'close');
  dial('127.0.0.2').write(framed(CHECK));
  await until(() => asked === 65);
  // Whoever shows a session's credentials is a stranger no more.
  claims = true;
  strangers[0]!.write(framed(CHECK));
  await until(() => asked === 66);
  dial().write(framed(CHECK));
  await until(() => asked === 67);
});
