import { ApiError } from '../http/api-error.ts';

/** What `/control/record/…` needs of the recorder. Both reject with an `ApiError` that says why. */
export interface Recorder {
  /** Records a live stream; answers the path of the file being written. */
  start(name: string): Promise<string>;
  /** Stops recording it; answers the path of the file that was written. */
  stop(name: string): Promise<string>;
}

/** Stands in where the gateway runs without a recorder. */
export const noRecorder: Recorder = {
  start: () => Promise.reject(unavailable()),
  stop: () => Promise.reject(unavailable()),
};

function unavailable(): ApiError {
  return new ApiError('unavailable', 'This gateway runs without a recorder.');
}
