/** What the HTTP side of HLS has in common for live streams and for files. */
import { randomBytes } from 'node:crypto';

/** RFC 8216, section 4. */
export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';

/** Names a viewer in the addresses of what is made for it (docs/decisions/004-hls-viewer-identity.md). */
export function newViewerToken(): string {
  return randomBytes(16).toString('base64url');
}

export function isViewerToken(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}
