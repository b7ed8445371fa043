/** How to publish: OBS, ffmpeg, or this browser, each ready to copy. */
import { isStreamName } from '../playback/source.ts';
import { h, setText } from '../ui/dom.ts';
import { copyButton } from './copy-button.ts';
import type { PageMessages } from './page-messages.ts';
import { ffmpegCommand, publishServer, type GatewayAddresses } from './watch-links.ts';

let name = 'lesson';

export function drawPublish(
  section: HTMLElement,
  addresses: GatewayAddresses,
  messages: PageMessages,
): void {
  const input = h('input', {
    type: 'text',
    value: name,
    maxlength: '128',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
  });
  const key = h('code', {}, name);
  const command = h('code');
  const showCommand = () => command.replaceChildren(...argumentsOf(ffmpegCommand(name, addresses)));
  showCommand();
  const camera = h('a', { class: 'button', href: cameraPage(name) }, messages.openCamera);
  const advice = h('p', { class: 'notice', role: 'status' });
  input.addEventListener('input', () => {
    const typed = input.value.trim() || 'lesson';
    const possible = isStreamName(typed);
    input.setAttribute('aria-invalid', String(!possible));
    setText(advice, possible ? '' : messages.nameAdvice);
    if (!possible) return;
    name = typed;
    key.textContent = name;
    showCommand();
    camera.href = cameraPage(name);
  });
  const server = publishServer(addresses);
  section.replaceChildren(
    h(
      'div',
      { class: 'title-row' },
      h('h2', {}, messages.publish),
      h('label', {}, messages.publishName, input),
    ),
    advice,
    h(
      'div',
      { class: 'ways' },
      h(
        'section',
        {},
        h('h3', {}, messages.obs),
        h('p', {}, messages.obsSteps),
        field(messages.obsServer, h('code', {}, server), () => server, messages),
        field(messages.obsKey, key, () => name, messages),
        h('p', { class: 'hint' }, messages.obsAdvice),
      ),
      h(
        'section',
        {},
        h('h3', {}, messages.ffmpeg),
        h('p', {}, messages.ffmpegSteps),
        h(
          'div',
          { class: 'command' },
          command,
          copyButton(() => ffmpegCommand(name, addresses), messages, messages.ffmpeg),
        ),
      ),
      h('section', {}, h('h3', {}, messages.browser), h('p', {}, messages.browserSteps), camera),
    ),
  );
}

/** The command, whose lines break before options, not at their hyphens. */
function argumentsOf(command: string): (string | HTMLElement)[] {
  return command
    .split(/ (?=-)/)
    .flatMap((option) => [option.startsWith('-f ') ? option : h('span', {}, option), ' ']);
}

function cameraPage(stream: string): string {
  return `/publish/${encodeURIComponent(stream)}`;
}

function field(label: string, value: HTMLElement, text: () => string, messages: PageMessages) {
  return h(
    'div',
    { class: 'field' },
    h('span', {}, label),
    value,
    copyButton(text, messages, label),
  );
}
