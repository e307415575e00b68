import type { Warning } from "../core/request.ts";
import type { RuleVerdict } from "../core/routing/rules/verdict.ts";

/** What rules left behind on a call. */
export interface Ruled extends Pick<RuleVerdict, "cache"> {
  /** Parameters that were brought within limits. The client is told; strict mode refuses none of them. */
  readonly warnings: readonly Warning[];
}
