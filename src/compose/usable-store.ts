import type { Result } from "../core/result.ts";
import type { Log } from "../host/log/log.ts";
import type { StoreFault } from "../stores/ports.ts";

/**
 * A store that serving can do without, such as one of content, or of what is measured or told again: one that cannot be used
 * is logged with `words`, which say what follows, and is null.
 */
export function orLeftOut<Store>(opened: Result<Store, StoreFault>, log: Log, words: string): Store | null {
  if (opened.ok) return opened.value;
  const { code, message, fix } = opened.error;
  log.write("warn", words, { code, message, fix });
  return null;
}
