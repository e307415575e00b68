import type { JsonObject } from "../core/json.ts";
import type { DialectName, Extra, Warning } from "../core/request.ts";

/** Collects what a request could not say in a dialect. */
export interface WarningSink {
  readonly warnings: Warning[];
}

/** Notes that a field was left out or changed. */
export function warn(sink: WarningSink, field: string, action: Warning["action"], reason: string): void {
  sink.warnings.push({ field, action, reason });
}

/** The kept fields that `dialect` writes back: its own. Each field of another one is reported below `path` and left out. */
export function fieldsFor(dialect: DialectName, extra: Extra | undefined, sink: WarningSink, path: string): JsonObject {
  if (extra === undefined) return {};
  if (extra.dialect === dialect) return extra.fields;
  for (const name of Object.keys(extra.fields)) {
    warn(sink, path === "" ? name : `${path}.${name}`, "dropped", `not in ${dialect}`);
  }
  return {};
}
