import type { Config } from '../../config/schema.ts';
import type { LibraryFile, LibraryList } from '../../../shared/library-list.ts';
import { ApiError } from '../http/api-error.ts';
import type { ApiRoute } from '../http/api-route.ts';
import { readParameters, shown } from '../http/parameters.ts';

/** What there is in the media library. */
export interface FileCatalogue {
  list(
    offset: number,
    limit: number,
  ): Promise<{ readonly total: number; readonly files: readonly CatalogueFile[] }>;
  /** The picture (JPEG) of the file of that name; undefined when there is none. */
  poster(name: string): Promise<Buffer | undefined>;
}

interface CatalogueFile extends Omit<LibraryFile, 'url' | 'duration' | 'poster'> {
  /** Seconds; undefined while it is not known. */
  readonly duration: number | undefined;
  readonly hasPoster: boolean;
}

/**
 * Where a callback decides who watches files, their pictures are not for everybody either: only for
 * the callers that `allow_addr` names, such as the back end.
 */
export function postersAreOpen({
  enable_http_vod_s_notify,
  allow_addr,
}: Pick<Config, 'enable_http_vod_s_notify' | 'allow_addr'>): boolean {
  return !enable_http_vod_s_notify || !allow_addr.includes('all');
}

const LIMIT = 100;
const MAX_LIMIT = 1000;

/**
 * `GET /control/files?offset=&limit=`, and `GET /control/poster?name=FILE`, which is refused where
 * `postersAreOpen` says no.
 */
export function fileRoutes(catalogue: FileCatalogue, postersAreOpen: () => boolean): ApiRoute[] {
  return [
    {
      method: 'GET',
      url: '/control/files',
      failure: 'sentence',
      async handle({ query }) {
        const given = readParameters(query, ['offset', 'limit']);
        const offset = countOf('offset', given.offset, 0, Number.MAX_SAFE_INTEGER);
        const limit = countOf('limit', given.limit, LIMIT, MAX_LIMIT);
        const { total, files } = await catalogue.list(offset, limit);
        const list: LibraryList = {
          total,
          offset,
          files: files.map((file) => shownFile(file, postersAreOpen())),
        };
        return { text: files.map(({ name }) => `${name}\n`).join(''), json: list };
      },
    },
    {
      method: 'GET',
      url: '/control/poster',
      failure: 'sentence',
      async handle({ query }) {
        const { name } = readParameters(query, ['name']);
        if (!postersAreOpen()) {
          const message =
            'There are no pictures for everybody where a callback decides who watches: set allow_addr.';
          throw new ApiError('forbidden', message);
        }
        if (name === undefined) {
          throw new ApiError('bad_parameter', 'Give the file whose picture is wanted: name=FILE.');
        }
        const picture = await catalogue.poster(name);
        if (!picture) {
          throw new ApiError('not_found', `There is no picture of a file "${shown(name)}".`);
        }
        return { type: 'image/jpeg', bytes: picture };
      },
    },
  ];
}

function shownFile(
  { hasPoster, duration, ...file }: CatalogueFile,
  postersAreOpen: boolean,
): LibraryFile {
  const name = encodeURIComponent(file.name);
  return {
    ...file,
    url: `/${name}`,
    duration: duration === undefined ? null : Math.round(duration * 1000) / 1000,
    poster: hasPoster && postersAreOpen ? `/control/poster?name=${name}` : null,
  };
}

function countOf(name: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (count <= most) return count;
  const message = `${name} must be a whole number up to ${most}, got "${shown(text)}".`;
  throw new ApiError('bad_parameter', message);
}
