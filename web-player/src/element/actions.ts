import type { AmsPlayerElement } from '../ams-player.ts';
import { save } from '../ui/dom.ts';
import type { PlayerActions } from '../ui/view.ts';
import type { PlayerCore } from './core.ts';

/** What the controls and the keyboard do with a player; used when all of it is there. */
export function actionsOf(player: AmsPlayerElement, core: PlayerCore): PlayerActions {
  return {
    togglePlay() {
      if (player.paused) void player.play();
      else player.pause();
    },
    goLive: () => player.goLive(),
    setVolume(volume) {
      player.volume = volume;
      player.muted = player.volume === 0;
    },
    setMuted(muted) {
      if (!muted && player.volume === 0) player.volume = 0.5;
      player.muted = muted;
    },
    choose(transport) {
      core.playing.chosen = transport;
      core.restartSoon();
    },
    seek(seconds) {
      player.currentTime = seconds;
    },
    setRate(rate) {
      player.playbackRate = rate;
      core.render();
    },
    toggleFullscreen: () => core.windows.toggleFullscreen(),
    togglePictureInPicture: () => core.windows.togglePictureInPicture(player.surface),
    saveSnapshot() {
      player.snapshot().then(
        (blob) => save(blob, `${core.playing.source?.name ?? 'picture'}.png`),
        () => undefined,
      );
    },
    retry: () => core.restart(),
  };
}
