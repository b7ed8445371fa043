import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import type { Child } from './processes.ts';

/**
 * A TCP port on 127.0.0.1 that was free a moment ago, for peers that cannot be told to bind port 0
 * and report what they got. Ours can: it is started on port 0.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** Resolves once the child accepts connections on that port; rejects if it ends or needs over 10 s. */
export async function accepting(child: Child, port: number, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let gone = false;
  void child.ended.then(() => {
    gone = true;
  });
  while (!(await accepts(port))) {
    if (gone) throw new Error(`process ${child.pid} ended instead of listening: ${child.stderr()}`);
    if (Date.now() > deadline) {
      throw new Error(`process ${child.pid} did not listen on port ${port} in ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
