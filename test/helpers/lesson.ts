import { makeSample, publishFile, type SampleOptions } from './ffmpeg.ts';
import type { TestGateway } from './gateway.ts';
import type { Child } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

/**
 * Publishes a sample as `lesson`, at its own pace, over and over; picture and sound unless said
 * otherwise. Resolves when it can be watched.
 */
export async function publishLesson(
  scope: Scope,
  gateway: TestGateway,
  sample: SampleOptions = {},
): Promise<Child> {
  const dir = await tempDir(scope);
  const file = await makeSample(scope, dir, { seconds: 6, gopSeconds: 2, ...sample });
  const publisher = publishFile(scope, file, `${gateway.rtmp}/lesson`, { pace: 1, loop: -1 });
  await gateway.ready('lesson');
  return publisher;
}
