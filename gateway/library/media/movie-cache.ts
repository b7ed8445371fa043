import type { Movie } from '../../protocols/mp4/movie.ts';

/** What the tables kept may take, bytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The tables of files that were played last, so that many players of a file share them. */
export class MovieCache {
  /** Oldest use first. */
  #movies = new Map<string, Promise<Movie>>();
  #sizes = new Map<string, number>();
  #bytes = 0;

  /**
   * The tables of the content with that tag; whoever asks while they are being read waits with the
   * others. What fails is not kept.
   */
  get(tag: string, read: () => Promise<Movie>): Promise<Movie> {
    const known = this.#movies.get(tag);
    if (known) {
      this.#movies.delete(tag);
      this.#movies.set(tag, known);
      return known;
    }
    const movie = read();
    this.#movies.set(tag, movie);
    movie.then(
      (tables) => this.#keep(tag, tables),
      () => this.#movies.delete(tag),
    );
    return movie;
  }

  #keep(tag: string, movie: Movie): void {
    const size = sizeOf(movie);
    this.#sizes.set(tag, size);
    this.#bytes += size;
    for (const oldest of this.#movies.keys()) {
      if (this.#bytes <= MAX_BYTES || oldest === tag) break;
      this.#bytes -= this.#sizes.get(oldest) ?? 0;
      this.#sizes.delete(oldest);
      this.#movies.delete(oldest);
    }
  }
}

function sizeOf({ tracks }: Movie): number {
  return tracks.reduce((sum, { samples }) => sum + samples.byteLength, 0);
}
