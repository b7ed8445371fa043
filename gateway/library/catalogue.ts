import type { JobQueue } from './jobs/job-queue.ts';
import { mapSome, type FileLister, type ListedFile } from './media/list-files.ts';
import { mediaType } from './media/media-types.ts';

/** A file of the library, as it is shown to people. */
export interface CatalogueEntry extends Omit<ListedFile, 'path'> {
  /** Its media type. */
  readonly type: string;
  /** Seconds; undefined while it is not known. */
  readonly duration: number | undefined;
  readonly state: 'ready' | 'writing' | 'processing';
}

/** What there is to play, for people who choose. */
export interface Catalogue {
  /** `limit` files from the one at `offset` on, newest first, and how many there are in all. */
  list(offset: number, limit: number): Promise<{ total: number; files: CatalogueEntry[] }>;
  /** The picture (JPEG) of the file of that name; undefined when there is none. */
  poster(name: string): Promise<Buffer | undefined>;
}

export function catalogue(files: FileLister, jobs: Pick<JobQueue, 'pending'>): Catalogue {
  return {
    async list(offset, limit) {
      const all = await files.list();
      const shown = await mapSome(all.slice(offset, offset + limit), async (file) => {
        const { path, ...facts } = file;
        const state = jobs.pending(path) ?? 'ready';
        const duration = state === 'writing' ? undefined : await files.duration(file);
        return { ...facts, type: mediaType(facts.name) ?? '', duration, state } as const;
      });
      return { total: all.length, files: shown };
    },
    poster: (name) => files.poster(name),
  };
}
