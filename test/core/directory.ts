import type { Directory, ModelSource } from "../../src/core/directory.ts";

/** A paid provider with one account, unless told otherwise. */
export function source(id: string, more: Partial<ModelSource> = {}): ModelSource {
  return {
    id,
    isLocal: false,
    accounts: [{ id: "default", group: "default" }],
    models: [],
    free: more.isLocal === true ? (more.models?.[0] ?? null) : null,
    strong: null,
    cheap: null,
    cheapPrice: null,
    strongPrice: null,
    ...more,
  };
}

/** A directory with nothing in it but what a test names. */
export function directory(more: Partial<Directory> = {}): Directory {
  return { sources: [], unconfigured: [], aliases: {}, chains: {}, pullHint: "Pull one.", ...more };
}
