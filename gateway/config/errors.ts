/** What can be wrong with a configuration; each code is stable and may be relied on by scripts. */
export type ConfigErrorCode =
  | 'config_unknown_key'
  | 'config_bad_value'
  | 'config_duplicate_key'
  | 'config_conflict'
  | 'config_fixed_key'
  | 'config_bad_file'
  | 'config_bad_folder'
  | 'config_cannot_listen'
  | 'config_bad_argument';

/** A sentence about a configuration, with the key it is about (where it is about one). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  readonly key: string | undefined;

  constructor(code: ConfigErrorCode, message: string, key?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.key = key;
  }
}
