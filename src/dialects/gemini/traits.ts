import type { EncodeTarget } from "../dialect.ts";

/** What a model takes, as far as its name tells: providers publish no machine-readable table of it. */
export interface ModelTraits {
  /** How thinking is steered: by a level from Gemini 3 on, by a budget in 2.5, not at all before. */
  readonly thinking: "level" | "budget" | "none";
  /** Thinking cannot be turned off (the Pro models). */
  readonly mustThink: boolean;
  /** The first call of a step must carry a thought signature. */
  readonly needsSignature: boolean;
  /** Results of tools may hold images. */
  readonly hasResultParts: boolean;
}

const VERSION = /gemini-(\d+(?:\.\d+)?)/;

/** Reads the traits off a name such as `gemini-3.1-pro-preview`; a name without a version counts as newest. */
export function traitsOf({ model }: EncodeTarget): ModelTraits {
  const isGemini = model.includes("gemini");
  const version = Number(VERSION.exec(model)?.[1] ?? (isGemini ? "3" : "0"));
  const isNewest = version >= 3;
  return {
    thinking: isNewest ? "level" : version >= 2.5 ? "budget" : "none",
    mustThink: model.includes("-pro"),
    needsSignature: isNewest,
    hasResultParts: isNewest,
  };
}
