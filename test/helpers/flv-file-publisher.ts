import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import type { Scope } from './scope.ts';

export interface FilePush {
  readonly client: RtmpClient;
  /** Resolves when everything was sent and the stream was closed. */
  readonly finished: Promise<void>;
}

/** Publishes an FLV file with our own RTMP client, `pace` times faster than its time stamps say. */
export async function pushFile(
  scope: Scope,
  file: string,
  url: string,
  pace = 4,
): Promise<FilePush> {
  const tags = new FlvDemuxer().push(await readFile(file));
  const client = await connect(url);
  scope.after(() => client.close());
  await client.publish();
  const send = async (): Promise<void> => {
    const began = performance.now();
    for (const { type, timestamp, body } of tags) {
      const early = timestamp / pace - (performance.now() - began);
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
      const messageType = type === 'data' ? MessageType.dataAmf0 : MessageType[type];
      if (!client.sendMedia(messageType, timestamp, body)) await once(client, 'drain');
    }
    await client.close();
  };
  return { client, finished: send() };
}
