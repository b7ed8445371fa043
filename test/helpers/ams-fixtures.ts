import { defaultConfig } from '../../gateway/config/values.ts';
import type { Config } from '../../gateway/config/schema.ts';
import { Session, type SessionDetails } from '../../gateway/sessions/session.ts';
import type { Log } from '../../gateway/ams/log.ts';

/** The default configuration with some keys changed. */
export function configWith(changes: Partial<Config> = {}): Config {
  return { ...defaultConfig(), ...changes };
}

/** What an RTMP viewer of a live stream is, with some details changed. */
export function detailsWith(changes: Partial<SessionDetails> = {}): SessionDetails {
  return {
    kind: 'play',
    protocol: 'rtmp',
    app: 'live',
    name: 'lesson',
    clientId: 7,
    addr: '192.0.2.1',
    args: [],
    ...changes,
  };
}

/** A session outside any registry, for what only reads sessions. */
export function sessionWith(changes: Partial<SessionDetails> = {}, since = 1_000_000): Session {
  return new Session(detailsWith(changes), since, () => {});
}

/** A log that only remembers; `lines` begin with the level. */
export function rememberingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (_: object, message: string) =>
    void lines.push(`${level} ${message}`);
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
