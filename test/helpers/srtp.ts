import { packetLanes, signLanes } from '../../gateway/protocols/srtp/packet-lanes.ts';
import type { SrtpSender } from '../../gateway/protocols/srtp/session.ts';

/** One SRTP packet in memory of its own; `index`: its sequence number, not wrapped. */
export const protectRtp = (
  sender: Pick<SrtpSender, 'encryptRtp' | 'laneKey'>,
  header: Buffer,
  payload: Uint8Array,
  index: number,
): Buffer => {
  const lane = packetLanes[0]!;
  lane.set(header);
  const length = sender.encryptRtp(0, header.length, payload, header.readUInt32BE(8), index);
  if (sender.laneKey !== undefined) signLanes([sender.laneKey], [length], 1);
  return Buffer.from(lane.subarray(0, length));
};
