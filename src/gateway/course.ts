import type { AttemptIntent } from "../core/ledger.ts";
import type { Exchange } from "./attempts.ts";
import type { Cacheable } from "./cache-ask.ts";
import type { ChatCall, Won } from "./call.ts";
import type { Demand } from "./demand.ts";

/** What is asked, and how one target is asked for it. */
export interface Course {
  readonly endpoint: AttemptIntent["endpoint"];
  readonly requested: string;
  readonly isStream: boolean;
  /** What budgets reckon with; null for what nobody charges for. */
  readonly demand: (() => Demand) | null;
  readonly exchange: Exchange<Won>;
  /** The chat, where its answer may be checked before the client gets it. */
  readonly chat?: ChatCall;
  /** Null for what is never given again. */
  readonly cacheable: Cacheable | null;
}
