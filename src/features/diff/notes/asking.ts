import type { JsonValue } from "../../../core/json.ts";
import type { ModelPort } from "../../../core/model-port.ts";
import { mostCostOf, type Rates, type SpendingGuard } from "../../../core/spending-guard.ts";
import { type Remark, readKept, readRemarks } from "./answer.ts";
import { type AskedHunk, checkMessages, reviewMessages } from "./question.ts";

/** Who is asked, and how much it may cost. */
export interface AskingParts<Failure> {
  readonly models: ModelPort<Failure>;
  readonly model: string;
  /** Null for no limit but those of the daemon; `rates` are then not needed. */
  readonly guard: SpendingGuard | null;
  /** The most that a token may cost; null where that is not known. */
  readonly rates: Rates | null;
}

/** What came of the asking so far. */
export interface AskingState<Failure> {
  calls: number;
  /** Sum of the known costs, USD. */
  costUsd: number;
  isBudgetSpent: boolean;
  /** Why the model answered no more; nobody is asked again after it. */
  failure: Failure | null;
}

/** Remarks that passed both looks, and which model made them. */
interface CheckedRemarks {
  readonly remarks: readonly Remark[];
  readonly by: string;
}

const ANSWER_TOKENS = 900;
const CHECK_TOKENS = 120;

/** Asks for remarks on hunks, and then about the remarks. `remarksOn` gives null where nobody answered in the wanted form. */
export function createAsking<Failure>({ models, model, guard, rates }: AskingParts<Failure>): {
  readonly state: AskingState<Failure>;
  remarksOn(group: readonly AskedHunk[]): Promise<CheckedRemarks | null>;
} {
  const state: AskingState<Failure> = { calls: 0, costUsd: 0, isBudgetSpent: false, failure: null };

  async function ask(messages: readonly JsonValue[], maxOutputTokens: number) {
    if (state.failure !== null || state.isBudgetSpent) return null;
    const bytes = new TextEncoder().encode(JSON.stringify(messages)).length;
    const hold = guard?.hold(rates === null ? Number.POSITIVE_INFINITY : mostCostOf(rates, bytes, maxOutputTokens));
    if (hold === null) {
      state.isBudgetSpent = true;
      return null;
    }
    state.calls += 1;
    const question = { model, messages, maxOutputTokens, temperature: 0, isJson: true, task: "code_review" };
    const answer = await models.ask(question);
    hold?.settle(answer.ok ? answer.value.costUsd : 0);
    if (!answer.ok) {
      state.failure = answer.error;
      return null;
    }
    state.costUsd += answer.value.costUsd ?? 0;
    return answer.value;
  }

  return {
    state,
    async remarksOn(group) {
      const answer = await ask(reviewMessages(group), ANSWER_TOKENS);
      const found = answer === null ? null : readRemarks(answer.text, group);
      if (answer === null || found === null) return null;
      if (found.length === 0) return { remarks: [], by: answer.model };
      const checked = await ask(checkMessages(group, found), CHECK_TOKENS);
      return checked === null ? null : { remarks: readKept(checked.text, found), by: answer.model };
    },
  };
}
