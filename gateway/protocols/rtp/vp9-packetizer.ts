/**
 * RTP payloads for VP9 without layers (RFC 9628, 4.2).
 *
 *    |I|P|L|F|B|E|V|Z|   I picture ID follows, P inter-predicted, B begins and E ends the frame
 *    |M| PICTURE ID 15 bits          |
 */
const DESCRIPTOR_BYTES = 3;

/** RTP payloads of a VP9 frame, none longer than `limit`; `pictureId` counts frames (15 bits). */
export const packetizeVp9 = (
  frame: Uint8Array,
  key: boolean,
  pictureId: number,
  limit: number,
): Uint8Array[] => {
  const count = Math.ceil(frame.length / (limit - DESCRIPTOR_BYTES));
  const payloads: Uint8Array[] = [];
  let from = 0;
  for (let index = 0; index < count; index++) {
    const size = Math.ceil((frame.length - from) / (count - index));
    const payload = new Uint8Array(DESCRIPTOR_BYTES + size);
    payload[0] =
      0x80 | (key ? 0 : 0x40) | (index === 0 ? 0x08 : 0) | (index === count - 1 ? 0x04 : 0);
    payload[1] = 0x80 | ((pictureId >> 8) & 0x7f);
    payload[2] = pictureId & 0xff;
    payload.set(frame.subarray(from, from + size), DESCRIPTOR_BYTES);
    payloads.push(payload);
    from += size;
  }
  return payloads;
};
