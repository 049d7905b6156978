/** What a hand does to the loop of a session, and the word that a loop has moved. */
import { type LoopCommand, playbackAfter, speedBeside } from "../state/loop_commands";
import type { StackSession } from "./stack_session";

/** A viewport's loop plays, stands, fills or plays otherwise than before; many times a second while it plays. */
export class LoopMoved extends Event {
  constructor() {
    super("loop-moved", { bubbles: true, composed: true });
  }
}

export function changeLoop(session: StackSession, command: LoopCommand): void {
  session.changeLoop((cine) => {
    if (command.kind === "speed") return cine.setSpeed("to" in command ? command.to : speedBeside(cine.speed, command.by));
    const index = cine.playingIndex ?? session.view.index;
    cine.usePlayback(playbackAfter(cine.playback, command, index, cine.cine, cine.clipLength));
  });
}

/** Show a frame to see where the loop is to be cut; it plays on once it is cut. */
export class Cutting {
  private isToPlayOn = false;

  look(session: StackSession, index: number): void {
    this.isToPlayOn ||= session.cine?.isPlaying ?? false;
    session.act({ kind: "go", index });
  }

  cut(session: StackSession, first: number, last: number): void {
    session.changeLoop((cine) => cine.usePlayback({ ...cine.playback, first, last }));
    if (this.isToPlayOn && !session.cine?.isPlaying) session.togglePlay();
    this.isToPlayOn = false;
  }
}
