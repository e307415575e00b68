import type { AttemptIntent } from "../core/ledger.ts";
import type { Exchange } from "./attempts.ts";
import type { Cacheable } from "./cache-ask.ts";
import type { ChatCall, Won } from "./call.ts";
import type { Demand } from "./demand.ts";

/** A request that the router may look at. */
export interface CourseRouting {
  readonly call: ChatCall;
  /** The same request as rules changed it; null where it is only counted, and nothing is remembered of it. */
  readonly again: ((call: ChatCall) => Course) | null;
}

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
  /** What the router reads; absent for what it does not choose a model for: embeddings and images. */
  readonly routing?: CourseRouting;
  /** Null for what is never given again. */
  readonly cacheable: Cacheable | null;
}
