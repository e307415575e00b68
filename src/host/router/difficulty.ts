import { readFileSync } from "node:fs";
import difficulty from "../../../config/router/weights/difficulty.bin" with { type: "file" };

/** The trained weights of difficulty, as the program carries them. Reads some 400 KB: ask once, at the first need. */
export function readDifficultyWeights(): Uint8Array {
  return readFileSync(difficulty);
}
