import { ApiError } from '../http/api-error.ts';
import type { Recorder } from './recorder.ts';

/** The library's recorder; what it rejects with has a code and a sentence. */
export interface LibraryRecorder {
  start(name: string): Promise<string>;
  stop(name: string): Promise<string>;
}

const CODES = ['not_found', 'conflict', 'failed'] as const;

/** The recorder as the API calls it: what cannot be done is said in the API's own errors. */
export function recorderApi(recorder: LibraryRecorder): Recorder {
  return {
    start: (name) => recorder.start(name).catch(rethrow),
    stop: (name) => recorder.stop(name).catch(rethrow),
  };
}

function rethrow(error: unknown): never {
  const code = CODES.find((known) => known === (error as { code?: unknown }).code);
  if (code && error instanceof Error) throw new ApiError(code, error.message);
  throw error;
}
