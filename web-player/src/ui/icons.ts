/** The player's icons, drawn on a 24 × 24 grid. */
const PATHS = {
  play: 'M8 5.2v13.6a.6.6 0 0 0 .92.5l10.6-6.8a.6.6 0 0 0 0-1L8.92 4.7a.6.6 0 0 0-.92.5z',
  pause: 'M7 5h3.4v14H7zM13.6 5H17v14h-3.4z',
  sound:
    'M4 9.4v5.2h3.3l4.5 4V5.4l-4.5 4zM14.5 8.2a5 5 0 0 1 0 7.6l1 1.2a6.6 6.6 0 0 0 0-10zM17 5.4a8.8 8.8 0 0 1 0 13.2l1 1.2a10.4 10.4 0 0 0 0-15.6z',
  muted:
    'M4 9.4v5.2h3.3l4.5 4V5.4l-4.5 4zM20.6 9.6l-1.1-1.1-2.2 2.2-2.2-2.2L14 9.6l2.2 2.2L14 14l1.1 1.1 2.2-2.2 2.2 2.2 1.1-1.1-2.2-2.2z',
  settings:
    'M12 8.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zm0 5.2a1.8 1.8 0 1 1 0-3.6 1.8 1.8 0 0 1 0 3.6zM10.6 3l-.5 2.3a7 7 0 0 0-1.6.9l-2.2-.7-1.4 2.4 1.7 1.6a7 7 0 0 0 0 1.9l-1.7 1.6 1.4 2.5 2.2-.8c.5.4 1 .7 1.6 1l.5 2.3h2.8l.5-2.4c.6-.2 1.1-.5 1.6-.9l2.2.8 1.4-2.5-1.7-1.6a7 7 0 0 0 0-1.9l1.7-1.6-1.4-2.4-2.2.7a7 7 0 0 0-1.6-.9L13.4 3z',
  snapshot:
    'M9 5.5 7.8 7.2H4.6c-.6 0-1 .4-1 1v9.6c0 .6.4 1 1 1h14.8c.6 0 1-.4 1-1V8.2c0-.6-.4-1-1-1h-3.2L15 5.5zM12 9.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8zm0 1.6a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  pip: 'M4 5h16c.6 0 1 .4 1 1v12c0 .6-.4 1-1 1H4c-.6 0-1-.4-1-1V6c0-.6.4-1 1-1zm.6 1.6v10.8h14.8V6.6zM12 11.5h6.4v5H12z',
  fullscreen:
    'M4 4h6v1.7H5.7V10H4zM14 4h6v6h-1.7V5.7H14zM4 14h1.7v4.3H10V20H4zM18.3 14H20v6h-6v-1.7h4.3z',
  shrink:
    'M8.3 4H10v6H4V8.3h4.3zM14 4h1.7v4.3H20V10h-6zM4 14h6v6H8.3v-4.3H4zM14 14h6v1.7h-4.3V20H14z',
  close:
    'M6.4 5.2 12 10.8l5.6-5.6 1.2 1.2L13.2 12l5.6 5.6-1.2 1.2L12 13.2l-5.6 5.6-1.2-1.2L10.8 12 5.2 6.4z',
} as const;

export type IconName = keyof typeof PATHS;

const SVG = 'http://www.w3.org/2000/svg';

/** An icon; it says nothing to screen readers, the button around it does. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Shows another icon in an `icon()`. */
export function setIcon(svg: SVGSVGElement, name: IconName): void {
  const path = svg.firstElementChild;
  if (path?.getAttribute('d') !== PATHS[name]) path?.setAttribute('d', PATHS[name]);
}
