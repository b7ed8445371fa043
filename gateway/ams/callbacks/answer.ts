import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { Grant } from '../../sessions/admission.ts';
import type { SessionDetails } from '../../sessions/session.ts';

/** A header that cannot be used, for the log. */
export type Complaint = (message: string) => void;

/** What the headers of an answer to a start callback grant beyond entry. */
export function grantOf(
  headers: IncomingHttpHeaders,
  { kind, app }: Pick<SessionDetails, 'kind' | 'app'>,
  config: Pick<Config, 'enable_rtmp_record_manual'>,
  complain: Complaint,
): Grant {
  if (kind === 'play') {
    const filename = app === 'vod' ? headerText(headers, 'filename') : '';
    return filename === '' ? {} : { filename };
  }
  return config.enable_rtmp_record_manual ? recordGrant(headers, complain) : {};
}

function recordGrant(headers: IncomingHttpHeaders, complain: Complaint): Grant {
  const now = headerText(headers, 'is_rec') === '1';
  const path = headerText(headers, 'rec_path');
  const name = headerText(headers, 'rec_name');
  const usablePath = /^\/(?!\/)/.test(path) && !path.split('/').includes('..');
  const usableName = /^[^./\\][^/\\]{0,127}$/.test(name);
  if (path !== '' && !usablePath) {
    complain(`rec_path must be an absolute folder without ".." parts, got "${path}".`);
  }
  if (name !== '' && !usableName) {
    complain(`rec_name must be a file name of 1 to 128 characters, got "${name}".`);
  }
  if (!now && path === '' && name === '') return {};
  return {
    record: {
      now,
      ...(usablePath ? { path: path.replace(/(.)\/+$/, '$1') } : {}),
      ...(usableName ? { name } : {}),
    },
  };
}

/** A header's text: receivers write UTF-8, which HTTP clients read as Latin-1. */
function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  const raw = (Array.isArray(value) ? (value[0] ?? '') : (value ?? '')).trim();
  const bytes = Buffer.from(raw, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('�') ? raw : text;
}
