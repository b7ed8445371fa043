import { ConfigError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';

/** The failure of a listener as a sentence that names the key; any other error as it is. */
export function explainListenError(error: unknown, config: Config): unknown {
  if (!(error instanceof Error)) return error;
  const { code, syscall, port, address } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  if (syscall !== 'listen' && syscall !== 'bind') return error;
  const protocol =
    (['rtmp', 'webrtc'] as const).find((name) => config[`${name}_port`] === port) ?? 'http';
  const aboutPort = (sentence: string) => {
    const key = `${protocol}_port`;
    return new ConfigError('config_cannot_listen', sentence.replaceAll('KEY', key), key, error);
  };
  const aboutAddress = (sentence: string) => {
    const key = `${protocol}_bind`;
    return new ConfigError('config_cannot_listen', sentence.replaceAll('KEY', key), key, error);
  };
  switch (code) {
    case 'EADDRINUSE':
      return aboutPort(
        `Port ${port} is in use by another program (KEY). Stop that program, or choose another port: --KEY=PORT.`,
      );
    case 'EACCES':
      return aboutPort(
        `This user may not listen on port ${port} (KEY). Choose a port above 1023: --KEY=PORT.`,
      );
    case 'EADDRNOTAVAIL':
      return aboutAddress(`The address ${address} is none of this machine's (KEY).`);
    case 'EAFNOSUPPORT':
      return aboutAddress(`This machine cannot listen on an address such as ${address} (KEY).`);
    default:
      return aboutPort(`Port ${port} cannot be listened on (KEY): ${error.message}.`);
  }
}
