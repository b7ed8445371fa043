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
