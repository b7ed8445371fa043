/** A PNG of what a surface shows, in the picture's own size. Rejects when there is no picture. */
export async function takeSnapshot(surface: HTMLVideoElement | HTMLCanvasElement): Promise<Blob> {
  const isVideo = surface instanceof HTMLVideoElement;
  const canvas = document.createElement('canvas');
  canvas.width = isVideo ? surface.videoWidth : surface.width;
  canvas.height = isVideo ? surface.videoHeight : surface.height;
  if (canvas.width === 0 || canvas.height === 0) throw new Error('There is no picture yet.');
  canvas.getContext('2d')?.drawImage(surface, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser could not encode the picture.'));
      else resolve(blob);
    }, 'image/png');
  });
}
