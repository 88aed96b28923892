import type { Actions } from "./actions.ts";
import type { Io } from "./io.ts";

/** What each command's file gets to register its command. */
export interface Cli {
  readonly io: Io;
  readonly actions: Actions;
  /** Says how the process ends; 0 without it. */
  readonly exitWith: (code: number) => void;
}
