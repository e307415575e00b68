import { endBypass, type NotKept } from "../core/cache-policy.ts";
import type { FinishReason } from "../core/reply.ts";
import type { Warning } from "../core/request.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { CachedAnswer } from "../stores/ports.ts";
import type { Services } from "./services.ts";
import type { Ending } from "./settle.ts";

/** How the answer of a target is written. */
export interface RecordedForm {
  readonly dialect: Dialect;
  readonly form: CachedAnswer["form"];
  readonly isVerbatim: boolean;
  readonly warnings: readonly Warning[];
  /** The target was told a format in words only, and the answer is checked or repaired here. */
  readonly isChecked: boolean;
}

/** What of an answer is kept. */
export type Recorded = Pick<
  CachedAnswer,
  "dialect" | "form" | "framing" | "isVerbatim" | "usage" | "usageSource" | "warnings" | "body"
>;

/** Takes down what one target answers, for the cache. An answer that turns out not to be one to keep is let go of at once. */
export interface Recording {
  begin(form: RecordedForm): void;
  /** Text of the upstream's own, as it came. */
  add(text: string): void;
  /** The attempt is booked. */
  booked(ending: Ending): void;
  /** The answer has ended so. */
  end(finish: FinishReason["unified"]): void;
  /** The answer, once it is whole; else why it is not kept, null where nobody can tell yet. */
  result(): Recorded | NotKept | null;
}

/** Whether what stands in the cache can be read again by the name of its dialect alone. */
function isRecoverable(dialect: Dialect, { dialects }: Pick<Services, "dialects">): boolean {
  const standard = dialects[dialect.name];
  return (
    standard?.decodeReply === dialect.decodeReply &&
    standard.decoder === dialect.decoder &&
    standard.embeddings === dialect.embeddings
  );
}

/** An empty recording. `isCapped`: a budget limits the output; beyond `mostChars` it is given up. */
export function createRecording(
  { isCapped, mostChars }: { readonly isCapped: boolean; readonly mostChars: number },
  services: Pick<Services, "dialects">,
): Recording {
  let form: RecordedForm | null = null;
  let pieces: string[] = [];
  let chars = 0;
  let refusal: NotKept | null = isCapped ? "budget-cap" : null;
  let ending: Ending | null = null;
  let hasEnded = false;

  function refuse(reason: NotKept | null): void {
    if (reason === null) return;
    refusal ??= reason;
    pieces = [];
  }

  return {
    begin(given) {
      form = given;
      if (given.isChecked) refuse("checked-format");
      if (!isRecoverable(given.dialect, services)) refuse("variant");
    },
    add(text) {
      if (refusal !== null) return;
      chars += text.length;
      pieces.push(text);
      if (chars > mostChars) refuse("too-large");
    },
    booked(given) {
      ending = given;
      if (given.fault !== null) refuse("unfinished");
    },
    end(finish) {
      hasEnded = true;
      refuse(endBypass(finish));
    },
    result() {
      if (refusal !== null) return refusal;
      if (form === null || ending === null || !hasEnded) return null;
      const { dialect, warnings, isVerbatim } = form;
      const { usage, usageSource } = ending;
      const body = pieces.join("");
      const how = { dialect: dialect.name, form: form.form, framing: dialect.framing, isVerbatim };
      return { ...how, usage, usageSource, warnings, body };
    },
  };
}
