import { readFileSync } from "node:fs";
import classifier from "../../../config/router/weights/classifier.bin" with { type: "file" };

/** The trained weights of the task classifier, as the program carries them. Reads some 1.6 MB: ask once, at the first need. */
export function readClassifierWeights(): Uint8Array {
  return readFileSync(classifier);
}
