/** The files of the media library that the home page offers. */
export interface Program {
  readonly name: string;
  readonly poster?: string;
  /** The programme that comes with the gateway. */
  readonly sample: boolean;
}

const SAMPLE = '1.mp4';

/** The sample programme, when this gateway has it. */
export async function loadPrograms(): Promise<Program[]> {
  try {
    const response = await fetch(`/${SAMPLE}`, { method: 'HEAD' });
    return response.ok ? [{ name: SAMPLE, sample: true }] : [];
  } catch {
    return [];
  }
}
