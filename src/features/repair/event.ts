import type { FailureKind } from "../../core/repair/failure-kind.ts";

/** Why a repair ended without one that holds. */
export type StopReason =
  | "attempts"
  | "repeated"
  | "no_model"
  /** The project cannot be copied. */
  | "no_copy"
  | "budget"
  | "tokens"
  | "time"
  | "not_reproduced"
  | "flaky"
  | "environment"
  | "not_recognised"
  /** Files of the user changed meanwhile. */
  | "touched";

/** What a run tells while it goes on, in this order of its life; each with `at`, Unix ms, when it is written. */
export type RunEvent =
  | { readonly event: "started"; readonly run: string; readonly command: readonly string[]; readonly folder: string }
  | { readonly event: "ended"; readonly exitCode: number; readonly tookMs: number; readonly isTimedOut: boolean }
  | {
      readonly event: "classified";
      readonly kind: FailureKind;
      readonly subject: string;
      readonly line: string;
      readonly isEnvironment: boolean;
      readonly fix: string;
      readonly purpose: string | null;
    }
  | { readonly event: "rerun"; readonly exitCode: number; readonly tookMs: number }
  | { readonly event: "reproduced"; readonly fingerprint: string; readonly exitCode: number; readonly files: number }
  | {
      readonly event: "asked";
      readonly attempt: number;
      readonly model: string;
      readonly format: string;
      readonly shown: readonly string[];
    }
  | {
      readonly event: "answered";
      readonly attempt: number;
      readonly model: string;
      readonly requestId: string;
      readonly costUsd: number | null;
      readonly tokens: number;
      readonly text: string;
    }
  | { readonly event: "skipped"; readonly model: string; readonly code: string; readonly message: string }
  | { readonly event: "refused"; readonly attempt: number; readonly code: string; readonly message: string }
  | {
      readonly event: "tried";
      readonly attempt: number;
      readonly exitCode: number;
      readonly fingerprint: string;
      readonly tookMs: number;
      readonly files: readonly string[];
      /** Why the run is no repair though it ended well; null where it is one, or did not. */
      readonly lost: string | null;
    }
  | { readonly event: "repaired"; readonly attempt: number; readonly model: string; readonly patch: string }
  | { readonly event: "applied"; readonly files: readonly string[] }
  | { readonly event: "declined"; readonly why: string }
  | { readonly event: "stopped"; readonly reason: StopReason; readonly message: string }
  | { readonly event: "undone"; readonly files: readonly string[] }
  | {
      readonly event: "finished";
      readonly exitCode: number;
      readonly attempts: number;
      readonly costUsd: number;
      readonly isCostKnown: boolean;
      readonly tokens: number;
      readonly tookMs: number;
    };
