import { version } from "../package.json";

/** Put in by the build: the commit the binary was made from. Absent when the sources run directly. */
declare const LODESTAR_COMMIT: string | undefined;

/** Lodestar's version, as package.json says. */
export const VERSION: string = version;

/** The commit of this build, with `-dirty` where the tree had changes; `source` when run from the sources. */
export const COMMIT: string = typeof LODESTAR_COMMIT === "string" ? LODESTAR_COMMIT : "source";
