/**
 * What an FLV stream really has. Its header says which tracks it may have, and Media Source
 * Extensions want to know for sure before they begin: a picture waits forever for sound that is
 * announced and does not come, and sound that comes unannounced is not heard. Free of DOM and
 * clock.
 */
import { parseAudioTag } from '../../../shared/flv/audio-tag.ts';
import { FlvDemuxer, type FlvTag } from '../../../shared/flv/demuxer.ts';
import { parseVideoTag } from '../../../shared/flv/video-tag.ts';

/** So long after the first frame of one kind, there is none of the other; ms. */
const PATIENCE = 400;
/** One kind this far behind the other has ended; ms of the stream's time. */
const ENDED = 1500;

type Kind = 'audio' | 'video';

export class FlvTracks {
  #demuxer: FlvDemuxer | undefined = new FlvDemuxer();
  #begunAt: number | undefined;
  #firstTime: number | undefined;
  #present: { readonly audio: boolean; readonly video: boolean } | undefined;
  #changed = false;
  #pictures = 0;
  readonly #last: { audio?: number; video?: number } = {};

  /** Time of the stream's first tag, ms. */
  get firstTime(): number | undefined {
    return this.#firstTime;
  }

  /** The kinds that the stream has; `undefined` until that is known. */
  get present(): { readonly audio: boolean; readonly video: boolean } | undefined {
    return this.#present;
  }

  /** Whether a kind has begun or ended since. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Pictures that have come. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Takes the stream's next bytes, that came at `now`. */
  look(bytes: Uint8Array, now: number): void {
    if (this.#demuxer === undefined) return;
    try {
      const tags = this.#demuxer.push(bytes);
      const media = tags.filter(({ type }) => type !== 'data');
      this.#firstTime ??= media.reduce<number | undefined>(
        (least, { timestamp }) => Math.min(least ?? Infinity, timestamp),
        undefined,
      );
      for (const tag of media.filter(hasFrame)) {
        this.#last[tag.type as Kind] = tag.timestamp;
        if (tag.type === 'video') this.#pictures += 1;
      }
    } catch {
      // The player that gets the same bytes says what is wrong with them.
      this.#demuxer = undefined;
      this.#present ??= { audio: true, video: true };
      return;
    }
    this.#judge(now);
  }

  #judge(now: number): void {
    const { audio, video } = this.#last;
    if (audio === undefined && video === undefined) return;
    this.#begunAt ??= now;
    const isComplete = audio !== undefined && video !== undefined;
    if (this.#present === undefined) {
      if (!isComplete && now - this.#begunAt < PATIENCE) return;
      this.#present = { audio: audio !== undefined, video: video !== undefined };
    } else if (isComplete) {
      const { present } = this;
      const isNew = !present?.audio || !present.video;
      this.#changed ||= isNew || Math.abs(audio - video) > ENDED;
    }
  }
}

function hasFrame(tag: FlvTag): boolean {
  const parts = tag.type === 'video' ? parseVideoTag(tag.body) : parseAudioTag(tag.body);
  return parts.some(({ kind }) => kind === 'frame');
}
