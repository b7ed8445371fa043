/** Full screen, picture in picture, and keeping the screen from falling asleep. */
import type { PlayerView } from './view.ts';

/** iPhones let only a video go full screen, in a way of their own. */
interface WebKitVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export class Windows {
  readonly #host: HTMLElement;
  readonly #video: WebKitVideo;
  readonly #changed: () => void;
  /** Carries a canvas's picture into picture in picture, which takes videos only. */
  #mirror: HTMLVideoElement | undefined;
  #lock: Promise<WakeLockSentinel> | undefined;

  constructor(host: HTMLElement, surfaces: { video: HTMLVideoElement }, changed: () => void) {
    this.#host = host;
    this.#video = surfaces.video;
    this.#changed = changed;
    host.addEventListener('fullscreenchange', changed);
    this.#watchPictureInPicture(this.#video);
  }

  get view(): Pick<
    PlayerView,
    'fullscreen' | 'pictureInPicture' | 'canFullscreen' | 'canPictureInPicture'
  > {
    return {
      fullscreen: document.fullscreenElement === this.#host,
      pictureInPicture: this.#inPictureInPicture,
      canFullscreen: document.fullscreenEnabled || this.#video.webkitEnterFullscreen !== undefined,
      canPictureInPicture: document.pictureInPictureEnabled === true,
    };
  }

  toggleFullscreen(): void {
    if (document.fullscreenElement === this.#host) {
      void document.exitFullscreen().catch(() => undefined);
    } else if (document.fullscreenEnabled) {
      void this.#host.requestFullscreen().catch(() => undefined);
    } else {
      this.#video.webkitEnterFullscreen?.();
    }
  }

  togglePictureInPicture(surface: HTMLVideoElement | HTMLCanvasElement): void {
    if (this.#inPictureInPicture) {
      void document.exitPictureInPicture().catch(() => undefined);
      return;
    }
    const enter = async () => {
      const video = surface instanceof HTMLVideoElement ? surface : this.#mirrorOf(surface);
      if (video !== surface) await video.play();
      await video.requestPictureInPicture();
    };
    enter().catch(() => this.#dropMirror());
  }

  /** Phones turn their screens off in the middle of a lesson otherwise. */
  keepAwake(on: boolean): void {
    if (on && this.#lock === undefined && mayKeepAwake() && !document.hidden) {
      const lock = navigator.wakeLock.request('screen');
      this.#lock = lock;
      const forget = () => {
        if (this.#lock === lock) this.#lock = undefined;
      };
      lock.then((sentinel) => sentinel.addEventListener('release', forget), forget);
    } else if (!on && this.#lock !== undefined) {
      this.#lock.then((sentinel) => sentinel.release()).catch(() => undefined);
      this.#lock = undefined;
    }
  }

  leave(): void {
    this.keepAwake(false);
    this.#dropMirror();
  }

  get #inPictureInPicture(): boolean {
    const element =
      this.#host.shadowRoot?.pictureInPictureElement ?? document.pictureInPictureElement;
    return (
      element !== null &&
      element !== undefined &&
      (element === this.#video || element === this.#mirror)
    );
  }

  #mirrorOf(canvas: HTMLCanvasElement): HTMLVideoElement {
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = canvas.captureStream();
    this.#mirror = video;
    this.#watchPictureInPicture(video);
    video.addEventListener('leavepictureinpicture', () => this.#dropMirror());
    return video;
  }

  #dropMirror(): void {
    const stream = this.#mirror?.srcObject;
    if (stream instanceof MediaStream) for (const track of stream.getTracks()) track.stop();
    this.#mirror = undefined;
  }

  #watchPictureInPicture(video: HTMLVideoElement): void {
    video.addEventListener('enterpictureinpicture', this.#changed);
    video.addEventListener('leavepictureinpicture', this.#changed);
  }
}

/** Without the surrounding page's leave each attempt is an error on the console; Chromium tells. */
function mayKeepAwake(): boolean {
  const { featurePolicy: policy } = document as {
    featurePolicy?: { allowsFeature(name: string): boolean };
  };
  return 'wakeLock' in navigator && policy?.allowsFeature('screen-wake-lock') !== false;
}
