import { createServer } from 'node:net';

/** Whether this user may listen on a port. One that somebody else uses counts as allowed. */
export function mayBind(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EACCES'));
    server.listen({ port, host: address === '' ? undefined : address, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
