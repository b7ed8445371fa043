import { ApiError } from '../http/api-error.ts';
import type { ApiAnswer, ApiRoute } from '../http/api-route.ts';

/** The demo channel: the sample programme, published by the gateway itself. */
export interface Demo {
  readonly name: string;
  readonly running: boolean;
  /** Where in the programme it is now, and the programme's length, ms; undefined while it is off. */
  readonly progress: { readonly position: number; readonly duration: number } | undefined;
  start(): Promise<void>;
  stop(): void;
}

/** `GET /control/demo`, `POST /control/demo/start` and `…/stop`, for the home page's button. */
export function demoRoutes(demo: Demo): ApiRoute[] {
  const answer = (): ApiAnswer => ({
    text: demo.running ? `${demo.name} is live` : `${demo.name} is off`,
    json: { name: demo.name, running: demo.running, ...demo.progress },
  });
  return [
    { method: 'GET', url: '/control/demo', failure: 'sentence', handle: answer },
    {
      method: 'POST',
      url: '/control/demo/start',
      failure: 'sentence',
      async handle() {
        try {
          await demo.start();
        } catch (error) {
          throw new ApiError('unavailable', error instanceof Error ? error.message : String(error));
        }
        return answer();
      },
    },
    {
      method: 'POST',
      url: '/control/demo/stop',
      failure: 'sentence',
      handle() {
        demo.stop();
        return answer();
      },
    },
  ];
}
