/** Checks that are remembered: ten minutes of them, as browsers send one each 2.5 s. */
const SIZE = 256;

/**
 * The connectivity checks that a peer sent lately, by transaction. ICE lets an authentic check move
 * the media to where it came from; whoever overheard one could send it again from elsewhere.
 */
export class SeenChecks {
  /** The first eight bytes of each transaction's twelve, which are random: two words each. */
  readonly #words = new Uint32Array(SIZE * 2);
  #next = 0;

  /** Notes a check; false when it was noted before. */
  note(transactionId: Buffer): boolean {
    const [high, low] = [transactionId.readUInt32BE(0), transactionId.readUInt32BE(4)];
    const words = this.#words;
    for (let at = 0; at < words.length; at += 2) {
      if (words[at] === high && words[at + 1] === low) return false;
    }
    words[this.#next] = high;
    words[this.#next + 1] = low;
    this.#next = (this.#next + 2) % words.length;
    return true;
  }
}
