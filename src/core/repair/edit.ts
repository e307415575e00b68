/** A change that a model proposes. */
export type ProposedEdit =
  | { readonly kind: "whole"; readonly path: string; readonly text: string }
  /** `line` is where a unified diff puts it, counted from 1; null where the answer does not say. */
  | {
      readonly kind: "replace";
      readonly path: string;
      readonly search: string;
      readonly replace: string;
      readonly line: number | null;
    };

/** Why proposed edits are not taken, said so that the model can do better. */
export interface EditProblem {
  readonly code:
    | "no_edits"
    | "path_refused"
    | "not_found"
    | "ambiguous"
    | "elided"
    | "too_large"
    | "binary"
    | "nothing_changed";
  readonly message: string;
}

/** A file that an answer changes. */
export interface FileChange {
  readonly path: string;
  /** Null where it is new. */
  readonly before: string | null;
  readonly after: string;
}

/** How models are asked to write their edits. */
export const EDIT_FORMATS = ["whole", "replace", "diff"] as const;

/** One of {@link EDIT_FORMATS}. */
export type EditFormat = (typeof EDIT_FORMATS)[number];
