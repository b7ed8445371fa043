/** A codec's name as people write it; as it is where we know none. */
export function codecTitle(codec: string): string;
