import { ApiError } from '../http/api-error.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { readParameters } from '../http/parameters.ts';

/** Deletes a media file; rejects with an error that has a code and a sentence. */
export type DeleteFile = (path: string) => Promise<void>;

const CODES = ['bad_parameter', 'not_found', 'forbidden'] as const;

/** `GET /cfg/delf?flie=/path`: deletes a media file. `flie` is the manual's spelling. */
export function delfRoute(deleteFile: DeleteFile): ApiRoute {
  return {
    method: 'GET',
    url: '/cfg/delf',
    failure: 'result',
    async handle({ query }) {
      const { flie, file } = readParameters(query, ['flie', 'file']);
      if (flie !== undefined && file !== undefined && flie !== file) {
        throw new ApiError('bad_parameter', '"flie" and "file" name different files.');
      }
      const path = flie ?? file;
      if (path === undefined) {
        throw new ApiError('bad_parameter', 'Give the file to delete: flie=/path/file.mp4.');
      }
      try {
        await deleteFile(path);
      } catch (error) {
        const code = CODES.find((known) => known === (error as { code?: unknown }).code);
        if (!code || !(error instanceof Error)) throw error;
        const { message } = error;
        return { text: 'result=FAILED', json: { result: 'FAILED', code, error: message } };
      }
      return { text: 'result=OK', json: { result: 'OK' } };
    },
  };
}
