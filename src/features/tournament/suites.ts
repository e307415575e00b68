import architecture from "../../../config/tournament/architecture.ndjson" with { type: "text" };
import bugFix from "../../../config/tournament/bug_fix.ndjson" with { type: "text" };
import codeGeneration from "../../../config/tournament/code_generation.ndjson" with { type: "text" };
import codeReview from "../../../config/tournament/code_review.ndjson" with { type: "text" };
import documentation from "../../../config/tournament/documentation.ndjson" with { type: "text" };
import general from "../../../config/tournament/general.ndjson" with { type: "text" };
import refactor from "../../../config/tournament/refactor.ndjson" with { type: "text" };
import type { TaskClass } from "../../core/routing/task-class.ts";
import type { TournamentPrompt } from "../../core/tournament/tournament.ts";
import { readPrompts } from "./prompts.ts";

const TEXTS: Readonly<Record<TaskClass, string>> = {
  code_generation: codeGeneration,
  code_review: codeReview,
  bug_fix: bugFix,
  architecture,
  documentation,
  refactor,
  general,
};

/** The prompts that come with Lodestar for a class of task. */
export function suiteOf(taskClass: TaskClass): readonly TournamentPrompt[] {
  return readPrompts(TEXTS[taskClass], taskClass);
}
