/** A QR code as a picture. */
import { encodeQr } from './qr-code.ts';

const SVG = 'http://www.w3.org/2000/svg';
/** Light modules around the code, which scanners need (ISO/IEC 18004, 5.3.8). */
const QUIET = 4;

export function qrSvg(text: string, label: string): SVGSVGElement {
  const modules = encodeQr(text);
  const size = modules.length + 2 * QUIET;
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('class', 'qr');
  svg.setAttribute('shape-rendering', 'crispEdges');
  const path = document.createElementNS(SVG, 'path');
  const squares = modules.flatMap((row, y) =>
    row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')),
  );
  path.setAttribute('d', squares.join(''));
  svg.append(path);
  return svg;
}
