import type { Command, CommandGroup } from "./command.ts";

/** One top-level command: enough for help without loading it, and how to load it. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly group: CommandGroup;
  readonly load: () => Promise<Command>;
}
