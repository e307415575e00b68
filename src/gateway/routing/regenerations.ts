import type { EvidenceSink } from "../../core/evidence.ts";
import { fnv1a } from "../../core/fnv.ts";
import { createRegenerationWatch } from "../../core/routing/quality-regeneration.ts";
import type { Clock } from "../../host/clock.ts";
import type { Considered } from "./consider.ts";

/** Notices that a question is asked again, and takes it as weak evidence against who answered it. */
export interface Regenerations {
  asked(considered: Considered): void;
  answered(considered: Considered, target: { readonly provider: string; readonly model: string }): void;
}

function turnOf({ question: { call, signals }, conversationId }: Considered) {
  // A person's turn at its place; what tools answered is asked by programs, and repeated by them.
  const isAsked = signals.turn === "user" && signals.text !== "";
  const turnKey = `${call.request.messages.length} ${fnv1a(signals.text)}`;
  return isAsked ? { conversationKey: conversationId, turnKey, voter: call.caller.keyId } : null;
}

/** Watches the turns of persons, in memory. */
export function createRegenerations(evidence: EvidenceSink, clock: Pick<Clock, "now" | "after">): Regenerations {
  const watch = createRegenerationWatch();
  return {
    asked(considered) {
      const turn = turnOf(considered);
      const found = turn === null ? null : watch.asked(turn, clock.now());
      // Beside the request: writing must not hold it up.
      if (found !== null) clock.after(0, () => void evidence.recordEvidence(found));
    },
    answered(considered, { provider, model }) {
      const turn = turnOf(considered);
      if (turn === null) return;
      const { call, verdict } = considered.question;
      const taskClass = verdict.taskClass ?? "general";
      const about = { requestId: call.requestId, provider, model, taskClass, project: call.caller.project };
      watch.answered({ ...turn, ...about }, clock.now());
    },
  };
}
