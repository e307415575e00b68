import * as v from "valibot";
import { DURATION_HINT, duration, isTimer, section, text, whole } from "./schema-values.ts";
import { parseDuration } from "./units.ts";

const KEEP_ALIVE_HINT = "must be a time such as 5m, or -1 for ever";
const OVERFLOW_HINT = `${DURATION_HINT}, or off`;
const PARALLEL_HINT = "must be a whole number from 1 to 64, or auto";

/** The `local` section: Ollama servers, and the queue before each of them. */
export const LocalSchema = section(
  {
    schedule: v.optional(
      v.pipe(
        v.picklist(["on", "off"], "must be on or off"),
        v.description("Queue requests so that a server switches models seldom. `off` passes them on as they come."),
      ),
    ),
    maxWait: duration(
      "How long a chat waits for its model while another is in use; completions a quarter, batch work four times that.",
      100,
    ),
    overflow: v.optional(
      v.pipe(
        v.string(OVERFLOW_HINT),
        v.description(
          "A request that is expected to wait longer goes to the next target of its chain, which may cost money; `off` lets it wait. Batch work always waits.",
        ),
        v.check((value) => value === "off" || isTimer(value, 100), OVERFLOW_HINT),
        v.transform((value) => (value === "off" ? null : parseDuration(value))),
      ),
    ),
    parallel: v.optional(
      v.pipe(
        v.union([v.literal("auto"), whole(1, 64)], PARALLEL_HINT),
        v.description("Requests that one model answers at a time (`OLLAMA_NUM_PARALLEL`); `auto` finds out."),
        v.transform((value) => (value === "auto" ? null : value)),
      ),
    ),
    warm: v.optional(
      v.pipe(
        v.union(
          [v.literal("last-used"), v.array(text("must be the name of a model"))],
          "must be last-used, or a list of models; [] for none",
        ),
        v.description(
          "Models to load while a server is idle and no other program uses its card: the one used last, or the first of a list; `[]` for none.",
        ),
      ),
    ),
    keepAlive: v.optional(
      v.pipe(
        v.string(KEEP_ALIVE_HINT),
        v.regex(/^(?:-1|0|\d{1,6}(?:s|m|h))$/, KEEP_ALIVE_HINT),
        v.description("How long Ollama keeps a model loaded after a call."),
      ),
    ),
    contextTokens: v.optional(
      v.pipe(
        whole(512, 1_048_576),
        v.description(
          "Least context that local models are loaded with; one value for all calls, since a change reloads the model.",
        ),
      ),
    ),
    images: section(
      {
        shares: v.optional(
          v.pipe(
            text("must be the id of an Ollama provider, or off"),
            v.description(
              "The Ollama provider whose card draws too: while an image is drawn its models are unloaded, and then loaded again. Default: the one on the same host; `off` for a card of its own.",
            ),
          ),
        ),
      },
      "Images drawn by Stable Diffusion.",
    ),
  },
  "Local models.",
);
