import type { Config } from '../../config/schema.ts';
import type { SessionDetails } from '../../sessions/session.ts';

/** The two callback addresses, and the two families of fields that go with them. */
export type NotifyFamily = 'rtmp' | 'http';

/** What a session's callbacks look like and which of them are switched on. */
export interface NotifyPlan {
  readonly family: NotifyFamily;
  /** `app` as the receiver sees it. */
  readonly app: string;
  /** Ask before it starts. */
  readonly start: boolean;
  /** Tell when it is over. */
  readonly end: boolean;
  /** Tell how it goes, every `update_interval`. */
  readonly update: boolean;
}

/**
 * Which callbacks a session gets. RTMP goes through `rtmp_notify`; what browsers and phones play
 * through `http_notify`; a publisher, whatever it speaks, reports as an RTMP publisher does.
 */
export function notifyPlan(
  config: Config,
  { kind, protocol, app }: Pick<SessionDetails, 'kind' | 'protocol' | 'app'>,
): NotifyPlan {
  if (kind === 'publish') {
    return {
      family: 'rtmp',
      app: appName(config, 'rtmp', app),
      start: config.enable_rtmp_publish_s_notify,
      end: config.enable_rtmp_publish_e_notify,
      update: config.enable_rtmp_update_notify,
    };
  }
  const family = protocol === 'rtmp' ? 'rtmp' : 'http';
  return {
    family,
    app: appName(config, family, app),
    start: config[`enable_${family}_${app}_s_notify`],
    end: config[`enable_${family}_${app}_e_notify`],
    update: false,
  };
}

/** Where a family's callbacks go; empty: nowhere. */
export function notifyAddress(config: Config, family: NotifyFamily): string {
  return family === 'rtmp' ? config.rtmp_notify : config.http_notify;
}

function appName(config: Config, family: NotifyFamily, app: 'live' | 'vod'): string {
  const manual = { live: 'Live', vod: 'Vod' } as const;
  const name = config.notify_app_style === 'manual' ? manual[app] : app;
  return family === 'http' ? `http_${name}` : name;
}
