import type { Bilingual, Kind } from './kinds.ts';

/**
 * How `reload` applies a changed key:
 * - `live`: at once, for new sessions or for all, without touching a connection;
 * - `listener`: the listener moves; connections that exist go on being served;
 * - `restart`: only a restart applies it.
 */
export type ReloadEffect = 'live' | 'listener' | 'restart';

/** One key of the configuration. */
export interface KeySpec<T> {
  readonly kind: Kind<T>;
  readonly default: T;
  readonly reload: ReloadEffect;
  readonly meaning: Bilingual;
  /** A value of the right kind that cannot be used all the same: the sentence that says why. */
  refuse?(value: T): string | undefined;
  /** How the reference shows a default that differs by machine. */
  readonly defaultShown?: string;
  /** The default lies below the media folder, so it moves with `--home`. */
  readonly inMedia?: boolean;
}

/** A key of any kind that the schema has. */
export type AnyKeySpec =
  KeySpec<number> | KeySpec<boolean> | KeySpec<string> | KeySpec<readonly string[]>;
