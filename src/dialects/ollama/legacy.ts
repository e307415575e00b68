import { ollama } from "./dialect.ts";
import { legacyEmbeddings } from "./embeddings.ts";

/** Ollama's dialect as clients spoke it that call `/api/embeddings`. */
export const ollamaLegacy: typeof ollama = { ...ollama, embeddings: legacyEmbeddings };
