/** A request that the API cannot do: a stable code, an HTTP status and a sentence. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return statuses[this.code];
  }
}

export type ApiErrorCode =
  | 'bad_parameter'
  | 'forbidden'
  | 'not_found'
  | 'bad_method'
  | 'conflict'
  | 'too_large'
  | 'bad_type'
  | 'failed'
  | 'unavailable';

const statuses: Record<ApiErrorCode, number> = {
  bad_parameter: 400,
  forbidden: 403,
  not_found: 404,
  bad_method: 405,
  conflict: 409,
  too_large: 413,
  bad_type: 415,
  failed: 500,
  unavailable: 503,
};
