/** The form of the publishing page: which camera, microphone and quality. */
import { h, setText } from '../ui/dom.ts';
import { QUALITIES, USUAL_QUALITY, type CaptureWish } from './capture.ts';
import type { PageMessages } from './page-messages.ts';

export class CaptureForm {
  readonly #source = h('select');
  readonly #microphone = h('select');
  readonly #quality = h('select');
  readonly #labels = { source: h('span'), microphone: h('span'), quality: h('span') };
  readonly elements: readonly HTMLElement[] = [
    h('label', {}, this.#labels.source, this.#source),
    h('label', {}, this.#labels.microphone, this.#microphone),
    h('label', {}, this.#labels.quality, this.#quality),
  ];

  constructor(changed: () => void) {
    for (const select of [this.#source, this.#microphone, this.#quality]) {
      select.addEventListener('change', changed);
    }
  }

  get wish(): CaptureWish {
    const quality = QUALITIES[this.#quality.selectedIndex] ?? USUAL_QUALITY;
    return { source: this.#source.value, microphone: this.#microphone.value, quality };
  }

  /** @param fixed the quality may not be changed now */
  draw(messages: PageMessages, fixed: boolean): void {
    setText(this.#labels.source, `${messages.camera} / ${messages.screen}`);
    setText(this.#labels.microphone, messages.microphone);
    setText(this.#labels.quality, messages.quality);
    this.#quality.disabled = fixed;
  }

  /**
   * Offers what there is.
   * @param named the browser has been asked for media: only then it names all devices
   */
  offer(devices: readonly MediaDeviceInfo[], named: boolean, messages: PageMessages): void {
    const options = (kind: MediaDeviceKind, label: string): HTMLOptionElement[] => {
      const found = devices.filter((one) => one.kind === kind);
      // Until then the first of each kind stands in.
      if (found.length === 0 && !named) return [option('', label)];
      return found.map((one, at) => option(one.deviceId, one.label || `${label} ${at + 1}`));
    };
    const canShareScreen = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
    refill(this.#source, [
      ...options('videoinput', messages.camera),
      ...(canShareScreen ? [option('screen', messages.screen)] : []),
    ]);
    refill(this.#microphone, [
      ...options('audioinput', messages.microphone),
      option('none', messages.noMicrophone),
    ]);
    const quality = this.#quality.value || USUAL_QUALITY.label;
    refill(
      this.#quality,
      QUALITIES.map(({ label }) => option(label, label)),
      quality,
    );
  }
}

function option(value: string, label: string): HTMLOptionElement {
  return h('option', { value }, label);
}

/** Gives a select other options; what is chosen stays chosen where it can. */
function refill(
  select: HTMLSelectElement,
  options: readonly HTMLOptionElement[],
  chosen = select.value,
): void {
  select.replaceChildren(...options);
  if (options.some(({ value }) => value === chosen)) select.value = chosen;
}
