/** The camera, the microphone or the screen, as the browser gives them to the publishing page. */

export interface Quality {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly bitsPerSecond: number;
}

/** Why there is no picture or no sound; each is a sentence of `PageMessages`. */
export type CaptureTrouble = 'notAllowed' | 'noDevice' | 'busyDevice' | 'onlySound' | 'onlyPicture';

export interface CaptureWish {
  /** A camera's `deviceId`, `screen`, or empty for the first camera. */
  readonly source: string;
  /** A microphone's `deviceId`, `none`, or empty for the first one. */
  readonly microphone: string;
  readonly quality: Quality;
}

export interface Captured {
  readonly media: MediaStream;
  /** What is missing of it. */
  readonly trouble?: CaptureTrouble;
}

export const QUALITIES: readonly Quality[] = [
  { label: '1080p', width: 1920, height: 1080, bitsPerSecond: 4_000_000 },
  { label: '720p', width: 1280, height: 720, bitsPerSecond: 2_000_000 },
  { label: '360p', width: 640, height: 360, bitsPerSecond: 700_000 },
];
export const USUAL_QUALITY = QUALITIES[1] as Quality;

const FRAME_RATE = 25;

/** Asks the browser for what is wished; rejects with what `troubleOf` understands. */
export async function capture({ source, microphone, quality }: CaptureWish): Promise<Captured> {
  const { width, height } = quality;
  const picture = { width: { ideal: width }, height: { ideal: height }, frameRate: FRAME_RATE };
  const sound =
    microphone === 'none'
      ? false
      : { deviceId: microphone || undefined, echoCancellation: true, noiseSuppression: true };
  const captured =
    source === 'screen'
      ? await screenMedia(picture, sound)
      : await cameraMedia({ ...picture, deviceId: source || undefined }, sound);
  // Text on a screen wants sharpness, a face wants movement.
  const hint = source === 'screen' ? 'detail' : 'motion';
  for (const track of captured.media.getVideoTracks()) track.contentHint = hint;
  return captured;
}

export function troubleOf(error: unknown): CaptureTrouble {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'notAllowed';
    case 'NotReadableError':
    case 'AbortError':
      return 'busyDevice';
    default:
      return 'noDevice';
  }
}

async function screenMedia(
  picture: MediaTrackConstraints,
  sound: MediaTrackConstraints | false,
): Promise<Captured> {
  const { mediaDevices } = navigator;
  const screen = await mediaDevices.getDisplayMedia({ video: picture, audio: false });
  try {
    const voice =
      sound === false ? [] : (await mediaDevices.getUserMedia({ audio: sound })).getAudioTracks();
    return { media: new MediaStream([...screen.getVideoTracks(), ...voice]) };
  } catch (error) {
    // Nobody's screen stays captured for want of a microphone.
    for (const track of screen.getTracks()) track.stop();
    throw error;
  }
}

/** Camera and microphone, or the one of them that there is. */
async function cameraMedia(
  picture: MediaTrackConstraints,
  sound: MediaTrackConstraints | false,
): Promise<Captured> {
  const { mediaDevices } = navigator;
  try {
    return { media: await mediaDevices.getUserMedia({ video: picture, audio: sound }) };
  } catch (error) {
    if (sound === false || troubleOf(error) !== 'noDevice') throw error;
  }
  try {
    return { media: await mediaDevices.getUserMedia({ video: picture }), trouble: 'onlyPicture' };
  } catch {
    return { media: await mediaDevices.getUserMedia({ audio: sound }), trouble: 'onlySound' };
  }
}
