import type { Protocol } from '../../sessions/session.ts';
import { plainAddress } from '../access/address-list.ts';
import { ApiError } from '../http/api-error.ts';
import type { ApiAnswer, ApiCall, ApiRoute } from '../http/api-route.ts';
import { clientIdOf, readParameters, shown } from '../http/parameters.ts';
import { dropClients, dropHttpClient, dropPublishers, type SessionList } from './drop.ts';
import type { Recorder } from './recorder.ts';

export interface ControlOptions {
  readonly sessions: SessionList;
  readonly recorder: Recorder;
}

/** `GET /control/…`, and `GET /cfg/drop`. */
export function controlRoutes({ sessions, recorder }: ControlOptions): ApiRoute[] {
  const control = (name: string, handle: ApiRoute['handle']): ApiRoute => ({
    method: 'GET',
    url: `/control/${name}`,
    failure: 'sentence',
    handle,
  });
  return [
    control('record/start', (call) => record(call, (name) => recorder.start(name))),
    control('record/stop', (call) => record(call, (name) => recorder.stop(name))),
    control('drop/publisher', ({ query }) => {
      const { name, clientid, protocol } = readParameters(query, ['name', 'clientid', 'protocol']);
      const filter = { name, clientId: clientIdOf(clientid), protocol: protocolOf(protocol) };
      return ended(dropPublishers(sessions, filter));
    }),
    control('drop/client', ({ query }) => {
      const names = ['name', 'addr', 'clientid', 'protocol'] as const;
      const { name, addr, clientid, protocol } = readParameters(query, names);
      const filter = {
        name,
        addr: addressOf(addr),
        clientId: clientIdOf(clientid),
        protocol: protocolOf(protocol),
      };
      return ended(dropClients(sessions, filter));
    }),
    {
      method: 'GET',
      url: '/cfg/drop',
      failure: 'result',
      handle: ({ query }) => {
        const clientId = clientIdOf(readParameters(query, ['clientid']).clientid);
        if (clientId === undefined) {
          throw new ApiError('bad_parameter', 'Give the client to drop: clientid=ID.');
        }
        if (dropHttpClient(sessions, clientId)) {
          return { text: 'result=OK', json: { result: 'OK' } };
        }
        const error = `There is no HTTP client with the clientid ${clientId}.`;
        return { text: 'result=FAILED', json: { result: 'FAILED', code: 'not_found', error } };
      },
    },
  ];
}

async function record(
  { query }: ApiCall,
  act: (name: string) => Promise<string>,
): Promise<ApiAnswer> {
  const { app = 'live', name } = readParameters(query, ['app', 'rec', 'name']);
  if (app.toLowerCase() !== 'live') {
    throw new ApiError('bad_parameter', `Only app=live is recorded, got app=${shown(app)}.`);
  }
  if (name === undefined) {
    throw new ApiError('bad_parameter', 'Give the stream to record: name=NAME.');
  }
  const path = await act(name);
  return { text: path, json: { result: 'OK', path } };
}

const protocols: readonly Protocol[] = ['rtmp', 'hls', 'flv', 'ws-flv', 'webrtc', 'mp4'];

function protocolOf(text: string | undefined): Protocol | undefined {
  if (text === undefined) return undefined;
  const protocol = protocols.find((known) => known === text);
  if (protocol !== undefined) return protocol;
  const message = `protocol must be one of ${protocols.join(', ')}, got "${shown(text)}".`;
  throw new ApiError('bad_parameter', message);
}

function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const address = plainAddress(text);
  if (address !== undefined) return address;
  throw new ApiError('bad_parameter', `addr must be an IP address, got "${shown(text)}".`);
}

function ended(count: number): ApiAnswer {
  return { text: String(count), json: { result: 'OK', ended: count } };
}
