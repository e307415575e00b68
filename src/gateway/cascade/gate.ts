import type { Fault } from "../../core/fault.ts";
import type { Reply } from "../../core/reply.ts";
import type { ChatRequest } from "../../core/request.ts";
import type { Won } from "../call.ts";

/** An answer that was rejected and booked, written for the client all the same: it is given if no better one comes. */
export type RejectedAnswer = Pick<Won, "body" | "headers" | "warnings">;

/** Stands between the answer of one attempt and the client. */
export interface AnswerGate {
  /** A stream is kept back until it is whole; else it passes unchecked. */
  readonly holdsStream: boolean;
  /** The request as this target is to be asked: with what was wrong with the answers before it, where that helps. */
  amend(request: ChatRequest): ChatRequest;
  /** Whether a text that still grows is lost already. */
  isLost(text: string): boolean;
  /** An answer as the client gets it: JSON that was asked for stands without a code fence around it. The same one otherwise. */
  tidy(reply: Reply): Reply;
  /** Checks a whole answer. Null: the client gets it; else the fault it is to be booked with. */
  judge(reply: Reply): Promise<Fault | null>;
  /** Keeps what {@link AnswerGate.judge} rejected, once it is booked. */
  keep(answer: RejectedAnswer): void;
}
