/** The bundler hands styles over as text. */
declare module '*.css' {
  const text: string;
  export default text;
}

/** Address of the audio worklet's file, relative to the chunk that loads it; written in by the build. */
declare const __AUDIO_WORKLET__: string;

/** hls.js without what live streams of the gateway never have; it comes without types of its own. */
declare module 'hls.js/light' {
  export * from 'hls.js';
  export { default } from 'hls.js';
}

/** The encoder of the package `qrcode`, without its renderers. */
declare module 'qrcode/lib/core/qrcode.js' {
  export function create(
    text: string,
    options: { readonly errorCorrectionLevel: 'L' | 'M' | 'Q' | 'H' },
  ): {
    readonly modules: { readonly size: number; get(row: number, column: number): number };
  };
}
