import { networkInterfaces } from 'node:os';
import type { Folders } from '../config/folders.ts';
import type { Config } from '../config/schema.ts';
import { version } from './version.ts';

export interface StartFacts {
  readonly config: Config;
  readonly folders: Folders;
  /** The ports that are listened on. */
  readonly ports: { readonly rtmp: number; readonly http: number; readonly https?: number };
  /** What other machines reach this one at. */
  readonly host: string;
}

/** What a start tells people: version, folders, addresses to publish to and to watch at. */
export function startReport({ config, folders, ports, host }: StartFacts): string[] {
  const rtmpHost = urlHost(config.rtmp_bind, host) + portSuffix(ports.rtmp, 1935);
  const httpHost = urlHost(config.http_bind, host) + portSuffix(ports.http, 80);
  const secure = ports.https
    ? `${urlHost(config.http_bind, host)}${portSuffix(ports.https, 443)}`
    : undefined;
  return [
    `AMS Gateway ${version} is running (Node.js ${process.versions.node}).`,
    `  state     ${folders.state}`,
    `  media     ${folders.media}`,
    `  publish   rtmp://${rtmpHost}/live/NAME`,
    `            in OBS: server rtmp://${rtmpHost}/live, stream key NAME`,
    `  watch     http://${httpHost}/, http://${httpHost}/player/NAME`,
    ...(secure ? [`            https://${secure}/, https://${secure}/player/NAME`] : []),
    `            rtmp://${rtmpHost}/live/NAME`,
    `            http://${httpHost}/live/NAME.flv, ws://${httpHost}/live/NAME.flv`,
    `            http://${httpHost}/NAME/index.m3u8`,
  ];
}

/** The address that people in the same network use: the first IPv4 one that is not loopback. */
export function outsideAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return (
    addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
  );
}

function urlHost(bind: string, host: string): string {
  const address = bind === '' || bind === '0.0.0.0' || bind === '::' ? host : bind;
  return address.includes(':') ? `[${address}]` : address;
}

function portSuffix(port: number, standard: number): string {
  return port === standard ? '' : `:${port}`;
}
